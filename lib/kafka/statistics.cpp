#include <kafka/statistics.hpp>

#include <simdjson.h>

namespace weir::kafka {
namespace {

using simdjson::dom::element;

template <class Number>
void read(const element& from, const char* name, Number& into) {
  std::int64_t value = 0;
  if (from[name].get(value) == simdjson::SUCCESS && value >= 0) into = static_cast<Number>(value);
}

void read(const element& from, const char* name, std::string& into) {
  std::string_view value;
  if (from[name].get(value) == simdjson::SUCCESS) into = value;
}

broker_figures read_broker(const element& from) {
  broker_figures broker;
  read(from, "name", broker.name);
  read(from, "state", broker.state);
  read(from, "tx", broker.requests);
  read(from, "txretries", broker.retries);
  read(from, "txerrs", broker.errors);
  read(from, "disconnects", broker.disconnects);
  read(from, "waitresp_cnt", broker.waiting);
  element rtt;
  if (from["rtt"].get(rtt) == simdjson::SUCCESS) {
    read(rtt, "avg", broker.rtt_us);
    read(rtt, "p99", broker.rtt_p99_us);
  }
  return broker;
}

}  // namespace

std::optional<handle_statistics> read_statistics(std::string_view document) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(document.data(), document.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  handle_statistics found;
  read(root, "msg_cnt", found.queued_records);
  read(root, "msg_size", found.queued_bytes);
  read(root, "tx_bytes", found.sent_bytes);
  read(root, "rx_bytes", found.received_bytes);
  simdjson::dom::object brokers;
  if (root["brokers"].get(brokers) == simdjson::SUCCESS) {
    for (const auto field : brokers) {
      auto broker = read_broker(field.value);
      // The library's own bookkeeping broker, and names of the bootstrap list that no connection belongs to.
      if (broker.name == ":0/internal" || broker.state == "INIT") continue;
      found.brokers.push_back(std::move(broker));
    }
  }
  return found;
}

}  // namespace weir::kafka
