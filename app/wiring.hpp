#pragma once

#include <config/load.hpp>
#include <kafka/options.hpp>
#include <kafka/preflight.hpp>
#include <pipeline/flow.hpp>
#include <postgres/preflight.hpp>
#include <postgres/replication_stream.hpp>
#include <postgres/snapshot_reader.hpp>

#include <string>
#include <vector>

namespace weir::app {

/// From the one typed configuration to what each part wants to know.
[[nodiscard]] postgres::endpoint endpoint_of(const config::settings& with);
[[nodiscard]] postgres::stream_settings stream_settings_of(const config::settings& with);
[[nodiscard]] postgres::snapshot_settings snapshot_settings_of(const config::settings& with);
[[nodiscard]] postgres::preflight_settings preflight_settings_of(const config::settings& with);
[[nodiscard]] kafka::options kafka_options_of(const config::settings& with);
/// Topics whose names are known before any table is.
[[nodiscard]] std::vector<kafka::wanted_topic> topics_of(const config::settings& with);
[[nodiscard]] pipeline::flow_options flow_options_of(const config::settings& with);

/// What WEIR_KAFKA_* get wrong, by librdkafka's own judgement.
[[nodiscard]] std::vector<config::mistake> check_kafka(const config::settings& with);

/// The configuration of this process, checked; WEIR_KAFKA_* included.
[[nodiscard]] config::loaded load_settings();

}  // namespace weir::app
