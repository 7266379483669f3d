// A pass is a password, or a satellite's way across the sky, or what a filter lets through.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace wxsec::sniff {

// Whether the word at `at` of a name, which is "pass", is short for a password, as the words around
// it have it: "mqtt_pass", "pass_wifi"; not "next_pass", "pass_elevation", "low_pass_cutoff".
// `words` are in lower case.
bool is_password_pass(std::span<const std::string> words, std::size_t at);

}  // namespace wxsec::sniff
