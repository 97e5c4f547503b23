#include <kafka/errors.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

namespace weir::kafka {
namespace {

// Order: the library's own codes, then Kafka's, each by number. Why some stand where they do:
//  - INVALID_MSG is a broken checksum: the protocol calls it retriable, so the record is not blamed.
//  - TOPIC_AUTHORIZATION_FAILED fails whole batches for good and lets later ones pass, as the sizes do; but it
//  is about the topic, and goes by itself when the right is back.
//  - INVALID_TIMESTAMP: the library stamps a record when it takes it, so this is about our clock, and a record
//  that is offered again has another stamp.
//  - INVALID_REQUIRED_ACKS, UNSUPPORTED_COMPRESSION_TYPE are the broker's configuration: an operator can change
//  them.
//  - Sequence and epoch errors leave the idempotent producer without a way on.
//  - Codes of consumer groups and transactions never answer a produce request; they stand here so that none is
//  missing.
constexpr auto table = std::to_array<error_meaning>({
    // clang-format off
    {RD_KAFKA_RESP_ERR__BAD_MSG, meaning::useless},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, meaning::useless},
    {RD_KAFKA_RESP_ERR__DESTROY, meaning::useless},
    {RD_KAFKA_RESP_ERR__FAIL, meaning::passing},
    {RD_KAFKA_RESP_ERR__TRANSPORT, meaning::passing},
    {RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, meaning::useless},
    {RD_KAFKA_RESP_ERR__RESOLVE, meaning::passing},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, meaning::passing},
    {RD_KAFKA_RESP_ERR__PARTITION_EOF, meaning::passing},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, meaning::missing},
    {RD_KAFKA_RESP_ERR__FS, meaning::useless},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, meaning::missing},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, meaning::passing},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, meaning::useless},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, meaning::passing},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, meaning::full},
    {RD_KAFKA_RESP_ERR__ISR_INSUFF, meaning::passing},
    {RD_KAFKA_RESP_ERR__NODE_UPDATE, meaning::passing},
    {RD_KAFKA_RESP_ERR__SSL, meaning::passing},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, meaning::passing},
    {RD_KAFKA_RESP_ERR__UNKNOWN_GROUP, meaning::passing},
    {RD_KAFKA_RESP_ERR__IN_PROGRESS, meaning::passing},
    {RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, meaning::passing},
    {RD_KAFKA_RESP_ERR__EXISTING_SUBSCRIPTION, meaning::passing},
    {RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, meaning::passing},
    {RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS, meaning::passing},
    {RD_KAFKA_RESP_ERR__CONFLICT, meaning::passing},
    {RD_KAFKA_RESP_ERR__STATE, meaning::useless},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PROTOCOL, meaning::useless},
    {RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, meaning::useless},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, meaning::passing},
    {RD_KAFKA_RESP_ERR__NO_OFFSET, meaning::passing},
    {RD_KAFKA_RESP_ERR__OUTDATED, meaning::passing},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, meaning::passing},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, meaning::passing},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, meaning::passing},
    {RD_KAFKA_RESP_ERR__INTR, meaning::passing},
    {RD_KAFKA_RESP_ERR__KEY_SERIALIZATION, meaning::passing},
    {RD_KAFKA_RESP_ERR__VALUE_SERIALIZATION, meaning::passing},
    {RD_KAFKA_RESP_ERR__KEY_DESERIALIZATION, meaning::passing},
    {RD_KAFKA_RESP_ERR__VALUE_DESERIALIZATION, meaning::passing},
    {RD_KAFKA_RESP_ERR__PARTIAL, meaning::passing},
    {RD_KAFKA_RESP_ERR__READ_ONLY, meaning::passing},
    {RD_KAFKA_RESP_ERR__NOENT, meaning::passing},
    {RD_KAFKA_RESP_ERR__UNDERFLOW, meaning::passing},
    {RD_KAFKA_RESP_ERR__INVALID_TYPE, meaning::passing},
    {RD_KAFKA_RESP_ERR__RETRY, meaning::passing},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, meaning::passing},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, meaning::passing},
    {RD_KAFKA_RESP_ERR__FATAL, meaning::useless},
    {RD_KAFKA_RESP_ERR__INCONSISTENT, meaning::useless},
    {RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, meaning::useless},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, meaning::passing},
    {RD_KAFKA_RESP_ERR__UNKNOWN_BROKER, meaning::passing},
    {RD_KAFKA_RESP_ERR__NOT_CONFIGURED, meaning::useless},
    {RD_KAFKA_RESP_ERR__FENCED, meaning::useless},
    {RD_KAFKA_RESP_ERR__APPLICATION, meaning::passing},
    {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, meaning::passing},
    {RD_KAFKA_RESP_ERR__NOOP, meaning::passing},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNKNOWN, meaning::passing},
    {RD_KAFKA_RESP_ERR_NO_ERROR, meaning::none},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, meaning::missing},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, meaning::guilty},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, meaning::passing},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, meaning::passing},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, meaning::guilty},
    {RD_KAFKA_RESP_ERR_STALE_CTRL_EPOCH, meaning::passing},
    {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, meaning::passing},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, meaning::passing},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, meaning::passing},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, meaning::passing},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, meaning::guilty},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, meaning::guilty},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, meaning::passing},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, meaning::passing},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, meaning::passing},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, meaning::passing},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE, meaning::passing},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, meaning::denied},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, meaning::passing},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, meaning::useless},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, meaning::denied},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, meaning::passing},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, meaning::passing},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, meaning::passing},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_REQUEST, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, meaning::guilty},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, meaning::guilty},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, meaning::useless},
    {RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, meaning::useless},
    {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, meaning::useless},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, meaning::useless},
    {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, meaning::passing},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, meaning::useless},
    {RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED, meaning::useless},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, meaning::useless},
    {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, meaning::passing},
    {RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED, meaning::passing},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, meaning::passing},
    {RD_KAFKA_RESP_ERR_LOG_DIR_NOT_FOUND, meaning::passing},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, meaning::useless},
    {RD_KAFKA_RESP_ERR_REASSIGNMENT_IN_PROGRESS, meaning::passing},
    {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTH_DISABLED, meaning::passing},
    {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_NOT_FOUND, meaning::passing},
    {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_OWNER_MISMATCH, meaning::passing},
    {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, meaning::passing},
    {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED, meaning::passing},
    {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_EXPIRED, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_PRINCIPAL_TYPE, meaning::passing},
    {RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP, meaning::passing},
    {RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, meaning::passing},
    {RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_FETCH_SESSION_EPOCH, meaning::passing},
    {RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND, meaning::passing},
    {RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED, meaning::passing},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, meaning::passing},
    {RD_KAFKA_RESP_ERR_STALE_BROKER_EPOCH, meaning::passing},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_MEMBER_ID_REQUIRED, meaning::passing},
    {RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, meaning::passing},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, meaning::passing},
    {RD_KAFKA_RESP_ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE, meaning::passing},
    {RD_KAFKA_RESP_ERR_ELECTION_NOT_NEEDED, meaning::passing},
    {RD_KAFKA_RESP_ERR_NO_REASSIGNMENT_IN_PROGRESS, meaning::passing},
    {RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, meaning::guilty},
    {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, meaning::passing},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, meaning::passing},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, meaning::useless},
    {RD_KAFKA_RESP_ERR_RESOURCE_NOT_FOUND, meaning::passing},
    {RD_KAFKA_RESP_ERR_DUPLICATE_RESOURCE, meaning::passing},
    {RD_KAFKA_RESP_ERR_UNACCEPTABLE_CREDENTIAL, meaning::passing},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_VOTER_SET, meaning::passing},
    {RD_KAFKA_RESP_ERR_INVALID_UPDATE_VERSION, meaning::passing},
    {RD_KAFKA_RESP_ERR_FEATURE_UPDATE_FAILED, meaning::passing},
    {RD_KAFKA_RESP_ERR_PRINCIPAL_DESERIALIZATION_FAILURE, meaning::passing},
    // clang-format on
});

static_assert(std::is_sorted(table.begin(), table.end(),
                             [](const auto& a, const auto& b) { return a.code < b.code; }));

}  // namespace

std::span<const error_meaning> error_table() { return table; }

meaning meaning_of(int code) {
  const auto* found = std::lower_bound(table.begin(), table.end(), code,
                                       [](const error_meaning& row, int wanted) { return row.code < wanted; });
  return found != table.end() && found->code == code ? found->is : meaning::passing;
}

std::string_view name_of(int code) { return rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code)); }

std::string_view text_of(int code) { return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)); }

}  // namespace weir::kafka
