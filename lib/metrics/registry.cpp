#include <metrics/process.hpp>
#include <metrics/registry.hpp>

#include <base/base.hpp>

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace weir::metrics {
namespace {

void expect(const description& which, kind type, std::size_t label_count) {
  if (which.type != type) throw std::logic_error{fmt::format("{} is of another kind", which.name)};
  if (which.labels.size() != label_count) {
    throw std::logic_error{
        fmt::format("{} has {} labels, not {}", which.name, which.labels.size(), label_count)};
  }
}

prometheus::Labels name_labels(const description& which, const label_values& values) {
  prometheus::Labels named;
  for (std::size_t at = 0; at < values.size(); ++at) named.emplace(which.labels[at], values[at]);
  return named;
}

}  // namespace

class registry::families {
  /// A family is made when its first series is asked for, so that /metrics names no figure that nobody keeps.
  template <class Builder>
  auto& build(Builder builder, metric which) {
    const auto& known = describe(which);
    return builder.Name(std::string{known.name}).Help(std::string{known.help}).Register(all);
  }

 public:
  prometheus::Registry all;
  std::map<metric, prometheus::Family<prometheus::Counter>*> counters;
  std::map<metric, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<metric, prometheus::Family<prometheus::Histogram>*> histograms;
  /// The series that `replace` made, by metric and label values.
  std::map<metric, std::map<label_values, prometheus::Gauge*>> replaced;

  prometheus::Family<prometheus::Counter>& counter_family(metric which) {
    auto*& family = counters[which];
    if (family == nullptr) family = &build(prometheus::BuildCounter(), which);
    return *family;
  }
  prometheus::Family<prometheus::Gauge>& gauge_family(metric which) {
    auto*& family = gauges[which];
    if (family == nullptr) family = &build(prometheus::BuildGauge(), which);
    return *family;
  }
  prometheus::Family<prometheus::Histogram>& histogram_family(metric which) {
    auto*& family = histograms[which];
    if (family == nullptr) family = &build(prometheus::BuildHistogram(), which);
    return *family;
  }
};

void counter::add(std::uint64_t more) { on_->Increment(static_cast<double>(more)); }

void counter::set_to(std::uint64_t total) { set_to_seconds(static_cast<double>(total)); }

void counter::set_to_seconds(double total) {
  if (const auto more = total - on_->Value(); more > 0) on_->Increment(more);
}

double counter::value() const { return on_->Value(); }

void gauge::set(double value) { on_->Set(value); }

double gauge::value() const { return on_->Value(); }

void histogram::observe_many(const std::vector<double>& by_bucket, double sum) {
  on_->ObserveMultiple(by_bucket, sum);
}

void histogram::observe(double value) { on_->Observe(value); }

registry::registry() : families_(std::make_unique<families>()) {
  gauge(metric::build_info, {version}).set(1);
  copiers_.emplace(next_copier_++, copy_process_figures(*this));
}

registry::~registry() = default;

counter registry::counter(metric which, const label_values& labels) {
  const auto& known = describe(which);
  expect(known, kind::counter, labels.size());
  return metrics::counter{families_->counter_family(which).Add(name_labels(known, labels))};
}

gauge registry::gauge(metric which, const label_values& labels) {
  const auto& known = describe(which);
  expect(known, kind::gauge, labels.size());
  return metrics::gauge{families_->gauge_family(which).Add(name_labels(known, labels))};
}

histogram registry::histogram(metric which, const label_values& labels) {
  const auto& known = describe(which);
  expect(known, kind::histogram, labels.size());
  return metrics::histogram{families_->histogram_family(which).Add(name_labels(known, labels), known.buckets)};
}

void registry::replace(metric which, const std::vector<std::pair<label_values, double>>& series) {
  const auto& known = describe(which);
  auto& before = families_->replaced[which];
  std::map<label_values, prometheus::Gauge*> now;
  for (const auto& [labels, value] : series) {
    expect(known, kind::gauge, labels.size());
    auto& row = families_->gauge_family(which).Add(name_labels(known, labels));
    row.Set(value);
    now[labels] = &row;
  }
  for (const auto& [labels, row] : before) {
    if (!now.contains(labels)) families_->gauge_family(which).Remove(row);
  }
  before = std::move(now);
}

registry::registration registry::before_render(std::function<void()> copy) {
  const auto id = next_copier_++;
  copiers_.emplace(id, std::move(copy));
  return registration{*this, id};
}

std::string registry::render() {
  for (const auto& [id, copy] : copiers_) copy();
  auto collected = families_->all.Collect();
  std::erase_if(collected, [](const auto& family) { return family.metric.empty(); });
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, collected);
  return std::move(text).str();
}

}  // namespace weir::metrics
