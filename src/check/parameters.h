// check/parameters.h - parameters of checks: short forms for declaring and reading them.
//
// A check may be judged with parameters left out (built-in checks always are): reading gives the
// same default as the declaration, because both come from here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "fault/param.h"

namespace storm::check {

inline fault::ParamSpec duration_param(std::string name, std::string summary, Duration otherwise) {
    fault::ParamSpec spec;
    spec.name = std::move(name);
    spec.type = fault::ParamType::duration;
    spec.summary = std::move(summary);
    spec.otherwise = fault::ParamValue{otherwise.ns};
    return spec;
}

inline fault::ParamSpec share_param(std::string name, std::string summary, std::uint32_t ppm) {
    fault::ParamSpec spec;
    spec.name = std::move(name);
    spec.type = fault::ParamType::share;
    spec.summary = std::move(summary);
    spec.otherwise = fault::ParamValue{std::int64_t{ppm}};
    spec.high = 1'000'000;
    return spec;
}

inline fault::ParamSpec text_param(std::string name, std::string summary, std::string otherwise,
                                   std::vector<std::string> choices = {}) {
    fault::ParamSpec spec;
    spec.name = std::move(name);
    spec.type = fault::ParamType::text;
    spec.summary = std::move(summary);
    spec.otherwise = fault::ParamValue{std::move(otherwise)};
    spec.choices = std::move(choices);
    return spec;
}

inline std::int64_t number_or(const fault::Params& params, std::string_view name,
                              std::int64_t otherwise) {
    return params.has(name) ? params.number(name) : otherwise;
}
inline Duration duration_or(const fault::Params& params, std::string_view name,
                            Duration otherwise) {
    return Duration{number_or(params, name, otherwise.ns)};
}
inline std::string_view text_or(const fault::Params& params, std::string_view name,
                                std::string_view otherwise) {
    return params.has(name) ? params.text(name) : otherwise;
}

}  // namespace storm::check
