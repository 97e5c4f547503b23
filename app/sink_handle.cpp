#include "sink_handle.hpp"

#include <kafka/producer.hpp>
#include <stdio/stdout_sink.hpp>

#include <unistd.h>

namespace weir::app {
namespace {

class kafka_handle final : public sink_handle {
 public:
  kafka_handle(async::executor on, async::blocking_pool& pool, const kafka::options& brokers,
               kafka::state_store* state)
      : pool_(pool), state_(state), producer_(std::move(on), brokers) {
    if (state_ != nullptr) state_->use(&producer_);
  }
  ~kafka_handle() override {
    if (state_ != nullptr) state_->use(nullptr);
  }
  kafka_handle(const kafka_handle&) = delete;
  kafka_handle& operator=(const kafka_handle&) = delete;

  event::sink& sink() override { return producer_; }
  async::awaitable<> run(async::self me) override { return producer_.run(me, pool_); }
  async::awaitable<> close(async::self me, steady_time until) override {
    if (state_ != nullptr) state_->use(nullptr);
    return producer_.close(me, pool_, until);
  }
  [[nodiscard]] const kafka::figures* figures() const override { return &producer_.counted(); }

 private:
  async::blocking_pool& pool_;
  kafka::state_store* state_;
  kafka::producer producer_;
};

class stdout_handle final : public sink_handle {
 public:
  explicit stdout_handle(async::executor on) : sink_(std::move(on), STDOUT_FILENO, STDERR_FILENO) {}

  event::sink& sink() override { return sink_; }
  async::awaitable<> run(async::self me) override { return sink_.run(me); }
  async::awaitable<> close(async::self /*me*/, steady_time /*until*/) override {
    sink_.close();
    co_return;
  }
  [[nodiscard]] const kafka::figures* figures() const override { return nullptr; }

 private:
  stdio::stdout_sink sink_;
};

}  // namespace

std::unique_ptr<sink_handle> make_sink(async::executor on, async::blocking_pool& pool,
                                       const config::settings& with, const kafka::options& brokers,
                                       kafka::state_store* state) {
  if (with.sink == config::sink_kind::kafka) {
    return std::make_unique<kafka_handle>(std::move(on), pool, brokers, state);
  }
  return std::make_unique<stdout_handle>(std::move(on));
}

}  // namespace weir::app
