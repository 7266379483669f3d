// Flags that mean the same in every command, declared once, and the common end of every help text.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "cmd/context.h"

namespace wxsec::cmd {

// Files of a TLS client, as given; empty means "take the directory's default".
struct TlsFiles {
  std::string ca;
  std::string cert;
  std::string key;
};

void add_json(CLI::App& app, Context& context);
// --dir, default "certs", environment WXSEC_DIR.
void add_dir(CLI::App& app, std::string& dir);
// --ca, --cert, --key.
void add_tls_files(CLI::App& app, TlsFiles& files);
// --broker, an mqtts:// or mqtt:// URL.
void add_broker(CLI::App& app, std::string& broker);
// --insecure-lesson: plaintext, named for what it is.
void add_insecure_lesson(CLI::App& app, bool& insecure);

// The examples (runnable lines, each with a short comment after two spaces and #) and the exit
// codes at the end of --help. Tests run every example, so write only what works in an empty
// directory after the lines before it.
void add_help_footer(CLI::App& app, std::initializer_list<const char*> examples,
                     const char* exit_codes);

// What add_help_footer was given; empty for a command that only holds others.
struct HelpFooter {
  std::vector<std::string> examples;
  std::string exit_codes;
};
HelpFooter help_footer(const CLI::App& app);

// -v, -q and --color of the application; every command takes them, too.
void add_global_options(CLI::App& app, Context& context);

// Runs `body` when this (leaf) command was chosen; its result is the process's exit code.
void on_run(CLI::App& app, Context& context, std::function<Exit()> body);

}  // namespace wxsec::cmd
