// The parts of `wxsec certs`, one file each.
#pragma once

#include <CLI/CLI.hpp>

#include "cmd/context.h"

namespace wxsec::cmd {

void add_certs_init(CLI::App& certs, Context& context);
void add_certs_issue(CLI::App& certs, Context& context);
void add_certs_sign(CLI::App& certs, Context& context);
void add_certs_import(CLI::App& certs, Context& context);
void add_certs_export(CLI::App& certs, Context& context);
void add_certs_trust(CLI::App& certs, Context& context);
void add_certs_inspect(CLI::App& certs, Context& context);
void add_certs_check(CLI::App& certs, Context& context);
void add_certs_list(CLI::App& certs, Context& context);
void add_certs_lint(CLI::App& certs, Context& context);
void add_certs_renew(CLI::App& certs, Context& context);
void add_certs_rollback(CLI::App& certs, Context& context);
void add_certs_revoke(CLI::App& certs, Context& context);
void add_certs_rotate(CLI::App& certs, Context& context);
void add_certs_watch(CLI::App& certs, Context& context);
void add_certs_crl(CLI::App& certs, Context& context);
void add_certs_acme(CLI::App& certs, Context& context);

}  // namespace wxsec::cmd
