#pragma once

/// Internal: includes librdkafka's header.

#include <kafka/handles.hpp>
#include <kafka/options.hpp>
#include <kafka/topic_opening.hpp>

namespace weir::kafka {

/// The largest record that the library itself lets through; the topic's own limit is what counts
/// (channel::offer).
inline constexpr bytes largest_record = 1'000'000'000;
/// Between the sum of a batch's records and what the broker counts.
inline constexpr bytes batch_margin = kibibyte;

/// `batch.size` for topics that take `limit` bytes a batch: the library never splits a batch that the broker
/// refuses.
[[nodiscard]] bytes batch_size_for(bytes limit);

/// Pass-through properties first, then ours, so that ours prevail. Throws weir::failure (permanent) that names
/// the property.
[[nodiscard]] conf_ptr producer_configuration(const options& with, bytes batch_size);
/// For reading the state topic and for asking: no group, partition ends told.
[[nodiscard]] conf_ptr reader_configuration(const options& with);

/// Whether the user says how long records linger: then nothing else makes them leave.
[[nodiscard]] bool lingers(const options& with);

/// Whether batches are compressed, as the pass-through properties say.
[[nodiscard]] bool compresses(const options& with);

}  // namespace weir::kafka
