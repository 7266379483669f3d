// A value or an Error: the subset of std::expected<T, Error> that we use, with its names, so that
// it becomes an alias once the compiler of Debian stable speaks C++23.
//
//     Result<Reading> parse(std::string_view text);
//     const Reading reading = WXSEC_TRY(parse(text));      // returns the Error to our caller
//     return fail(Code::malformed, "time is not RFC 3339");
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

#include "lib/core/error.h"

namespace wxsec::core {

// Marks an Error as the outcome (std::unexpected's place).
struct Failure {
  Error error;
};

inline Failure fail(Code code, std::string what, std::string hint = {}) {
  return Failure{Error{code, std::move(what), std::move(hint)}};
}
inline Failure fail(Error error) { return Failure{std::move(error)}; }

// Asking for the value of a failure, or the error of a success, is a bug in the caller and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: as std::expected
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return *get(); }
  const T& value() const& { return *get(); }
  T&& value() && { return std::move(*get()); }
  T& operator*() & { return *get(); }
  const T& operator*() const& { return *get(); }
  T&& operator*() && { return std::move(*get()); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }
  T value_or(T other) && { return has_value() ? std::move(*get()) : std::move(other); }

  const Error& error() const& { return *get_error(); }
  Error&& error() && { return std::move(*get_error()); }

 private:
  T* get() { return checked(std::get_if<0>(&state_)); }
  const T* get() const { return checked(std::get_if<0>(&state_)); }
  Error* get_error() { return checked(std::get_if<1>(&state_)); }
  const Error* get_error() const { return checked(std::get_if<1>(&state_)); }
  template <class P>
  static P* checked(P* p) {
    if (p == nullptr) std::abort();
    return p;
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Failure failure) : state_(std::move(failure.error)) {}  // NOLINT: as std::expected

  bool has_value() const { return std::holds_alternative<std::monostate>(state_); }
  explicit operator bool() const { return has_value(); }
  void value() const {
    if (!has_value()) std::abort();
  }
  const Error& error() const& { return *checked(std::get_if<Error>(&state_)); }
  Error&& error() && { return std::move(*checked(std::get_if<Error>(&state_))); }

 private:
  template <class P>
  static P* checked(P* p) {
    if (p == nullptr) std::abort();
    return p;
  }

  std::variant<std::monostate, Error> state_;
};

}  // namespace wxsec::core

// The value of `expr`, or return its Error from the enclosing function (a GNU statement expression;
// gcc and clang both have it, and every project that tried the alternatives came back to it).
#define WXSEC_TRY(expr)                                                                     \
  __extension__({                                                                           \
    auto wxsec_try_result = (expr);                                                         \
    if (!wxsec_try_result) return ::wxsec::core::fail(std::move(wxsec_try_result).error()); \
    std::move(wxsec_try_result).value();                                                    \
  })
