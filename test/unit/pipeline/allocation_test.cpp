#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {
std::size_t allocations = 0;
}

// Counts for this executable only; its tests run in one thread.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* made = std::malloc(size == 0 ? 1 : size); made != nullptr) return made;
  throw std::bad_alloc();
}
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }

namespace {

using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;

constexpr int changes = 10'000;

/// Takes everything and allocates nothing; what it took is reported in one go, as a batch is.
class thrifty_sink final : public event::sink {
 public:
  bool is_full = false;

  thrifty_sink() { taken_.reserve(2 * changes); }
  void listen(event::sink_listener& listener) override { listener_ = &listener; }
  std::unique_ptr<event::channel> open(std::string topic, event::topic_kind /*kind*/) override {
    topic_ = topic;
    return std::make_unique<way>(*this);
  }
  void probe() override {}
  [[nodiscard]] std::size_t outstanding() const override { return taken_.size(); }

  void report_all() {
    for (auto& each : taken_) {
      event::report of;
      of.is = event::report::result::delivered;
      of.part = std::move(each.part);
      of.topic = topic_;
      of.what = {{}, std::string_view{bytes_.data(), each.size}, {}};
      listener_->reported(std::move(of));
    }
    taken_.clear();
  }

 private:
  struct kept {
    event::share part;
    std::size_t size;
  };
  struct way final : event::channel {
    explicit way(thrifty_sink& sink) : in(sink) {}
    event::acceptance offer(const event::record& what, event::share& part, bool /*is_alone*/) override {
      if (in.is_full) return event::acceptance::busy;
      in.taken_.push_back({std::move(part), what.value->size() + (what.key ? what.key->size() : 0)});
      return event::acceptance::taken;
    }
    [[nodiscard]] event::refusal why() const override { return {}; }
    [[nodiscard]] std::string waits_for() const override { return {}; }
    thrifty_sink& in;
  };

  event::sink_listener* listener_ = nullptr;
  std::string topic_;
  std::vector<kept> taken_;
  std::array<char, 4096> bytes_{};
};

/// The bench's row: 8 columns.
struct busy {
  boost::asio::io_context loop;
  async::byte_budget budget{loop.get_executor(), 64 * mebibyte};
  thrifty_sink sink;
  pipeline::flow flow{loop.get_executor(), budget, usual_options()};
  event::relation orders = table(16'384, "orders", 1);
  event::transaction within;

  busy() {
    orders.columns = {{.name = "id", .type_oid = 20, .base_type_oid = 20, .is_identity = true},
                      {.name = "a", .type_oid = 23, .base_type_oid = 23},
                      {.name = "b", .type_oid = 25, .base_type_oid = 25},
                      {.name = "c", .type_oid = 1700, .base_type_oid = 1700},
                      {.name = "d", .type_oid = 1184, .base_type_oid = 1184},
                      {.name = "e", .type_oid = 3802, .base_type_oid = 3802},
                      {.name = "f", .type_oid = 2950, .base_type_oid = 2950},
                      {.name = "g", .type_oid = 16, .base_type_oid = 16}};
    flow.begin_run(1, 1, lsn{0x1000}, sink);
  }

  /// So many changes in transactions of 500, all reported at the end.
  void round(int count) {
    const auto text = [](std::string_view of) { return event::value{event::value::state::text, of}; };
    const std::array<event::value, 8> row{text("1000000"),
                                          text("7919"),
                                          text("customer 1000000"),
                                          text("104729.00"),
                                          text("2024-01-15 06:56:07.234567+00"),
                                          text("{\"n\": 1000000}"),
                                          text("8155bc54-5a1f-4d7e-9b4a-7a3b1e2d9c10"),
                                          text("t")};
    event::change what;
    what.within = &within;
    what.table = &orders;
    what.after = row;
    for (int n = 0; n < count; ++n) {
      if (n % 500 == 0) {
        within.final_lsn = lsn{within.final_lsn.value() + 0x10000};
        what.seq = 0;
        flow.begin(within);
      }
      ++what.seq;
      flow.admit(what);
      if (n % 500 == 499) flow.commit(lsn{within.final_lsn.value() + 1});
    }
  }

  /// Allocations of `work` for each of `changes`.
  template <class Work>
  static double allocations_of(Work work) {
    const auto before = allocations;
    work();
    return static_cast<double>(allocations - before) / changes;
  }
};

}  // namespace

TEST_CASE_METHOD(busy, "000-7 a change costs no allocation of ours from its admission to its report") {
  round(changes);
  sink.report_all();
  const auto each = allocations_of([&] {
    round(changes);
    sink.report_all();
  });
  INFO(each << " allocations for each change");
  CHECK(each < 0.001);
  CHECK(flow.book().is_settled());
  CHECK(flow.counts().delivered == 2 * changes);
}

TEST_CASE_METHOD(busy, "000-7 a change that has to wait in its lane costs at most one allocation and a bit") {
  round(changes);
  sink.report_all();
  sink.is_full = true;
  const auto each = allocations_of([&] {
    round(changes);
    sink.is_full = false;
    flow.room();
    sink.report_all();
  });
  INFO(each << " allocations for each change");
  CHECK(each <= 1.5);
  CHECK(flow.book().is_settled());
}
