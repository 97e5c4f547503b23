#pragma once

#include <metrics/metrics_table.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace weir::metrics {

/// Values of a metric's labels, in the table's order.
using label_values = std::vector<std::string>;

/// Handles are cheap to copy and valid as long as the registry.
class counter {
 public:
  void add(std::uint64_t more = 1);
  /// For a total that is kept elsewhere as a plain integer: raises the figure to `total`. A lower one changes
  /// nothing: a counter never falls.
  void set_to(std::uint64_t total);
  void set_to_seconds(double total);  ///< the same for processor time
  [[nodiscard]] double value() const;

 private:
  friend class registry;
  explicit counter(prometheus::Counter& on) : on_(&on) {}
  prometheus::Counter* on_;
};

class gauge {
 public:
  void set(double value);
  [[nodiscard]] double value() const;

 private:
  friend class registry;
  explicit gauge(prometheus::Gauge& on) : on_(&on) {}
  prometheus::Gauge* on_;
};

class histogram {
 public:
  void observe(double value);
  /// Values that were sorted into the table's buckets elsewhere, the last element for those above every bound,
  /// and their sum.
  void observe_many(const std::vector<double>& by_bucket, double sum);

 private:
  friend class registry;
  explicit histogram(prometheus::Histogram& on) : on_(&on) {}
  prometheus::Histogram* on_;
};

/// The process's figures. Used on the loop only. Asking for a metric by the wrong kind, or with more or fewer
/// label values than the table has, throws std::logic_error.
class registry {
 public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  /// The series with these labels, made at first use; the same series for the same labels.
  [[nodiscard]] metrics::counter counter(metric which, const label_values& labels = {});
  [[nodiscard]] metrics::gauge gauge(metric which, const label_values& labels = {});
  [[nodiscard]] metrics::histogram histogram(metric which, const label_values& labels = {});

  /// All series of a gauge at once; those that are not named vanish (tasks by name, a slot's status). Not to be
  /// mixed with handles of the same metric.
  void replace(metric which, const std::vector<std::pair<label_values, double>>& series);

  /// Called by every `render`, in the order of registration: the place to copy plain integers. It stays until
  /// the returned registration is destroyed, which must happen before the registry is.
  class registration;
  [[nodiscard]] registration before_render(std::function<void()> copy);

  /// Prometheus' text format (content type `text/plain; version=0.0.4`). Metrics without a series are left out.
  [[nodiscard]] std::string render();

 private:
  class families;
  std::unique_ptr<families> families_;
  std::map<std::uint64_t, std::function<void()>> copiers_;
  std::uint64_t next_copier_ = 0;
};

/// Ends the registration of one `before_render` callback. Movable.
class registry::registration {
 public:
  registration() = default;
  registration(registration&& other) noexcept { *this = std::move(other); }
  registration& operator=(registration&& other) noexcept {
    std::swap(in_, other.in_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~registration() {
    if (in_ != nullptr) in_->copiers_.erase(id_);
  }

 private:
  friend class registry;
  registration(registry& in, std::uint64_t id) : in_(&in), id_(id) {}
  registry* in_ = nullptr;
  std::uint64_t id_ = 0;
};

}  // namespace weir::metrics
