// What act two plays on: certificates, a broker and an API that demand them, and stations that have
// one each. Each function is a step of the act.
#pragma once

#include "src/lab/room.h"

namespace wxsec::lab::tls_stage {

// An authority of our own, and an identity for everybody.
core::Result<void> make_certificates(Room& room, StepRecord& record);
// Broker and API, with a sniffer beside them from the first packet on.
core::Result<void> start(Room& room, StepRecord& record);
// Stations report; the API and the operator show what came.
core::Result<void> publish(Room& room, StepRecord& record);

}  // namespace wxsec::lab::tls_stage
