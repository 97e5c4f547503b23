#include <kafka/seam.hpp>

#include <kafka/machinery.hpp>

#include <iterator>

namespace weir::kafka {
namespace {

int answer = 0;

int answer_without_asking(rd_kafka_t*, rd_kafka_topic_t*, const event::record&, void*) { return answer; }

}  // namespace

rd_kafka_s* seam::handle_of(producer& of, std::size_t skip) {
  return std::next(of.works_->lines_.begin(), static_cast<std::ptrdiff_t>(skip))->second.through->handle();
}

std::size_t seam::handles(const producer& of) { return of.works_->lines_.size(); }

void seam::answer_offers_with(producer& of, int error) {
  answer = error;
  of.works_->hand_over_ = error == 0 ? &produce : &answer_without_asking;
}

}  // namespace weir::kafka
