#include "src/issue/fleet_worker.h"

namespace wxsec::certs {

unsigned FleetPlan::size() const {
  return options.members.empty() ? options.count : static_cast<unsigned>(options.members.size());
}

FleetMember FleetPlan::member(unsigned index) const {
  if (!options.members.empty()) return options.members[index];
  return {fleet_name(options.each.name, index + 1), {}, {}};
}

core::Path FleetPlan::folder_of(const std::string& name) const {
  return profile.name == "station" ? layout.stations() / name : layout.dir() / name;
}

core::Result<FleetWorker> FleetWorker::create(const FleetPlan& plan, const pki::Issuer& issuer) {
  pki::Issuer own = WXSEC_TRY(issuer.clone());
  pki::KeyMaker keys = WXSEC_TRY(pki::KeyMaker::create(plan.profile.key));
  return FleetWorker(plan, std::move(own), std::move(keys));
}

core::Result<void> FleetWorker::make(const FleetMember& member) {
  LeafRequest request{member.name, plan_->profile, member.names, plan_->now, nullptr};
  if (member.lifetime) request.profile.lifetime = *member.lifetime;
  if (request.names.empty())
    request.names = default_names(member.name, request.profile, issuer_.certificate());
  const pki::Key key = WXSEC_TRY(keys_.make());
  const pki::Certificate leaf = WXSEC_TRY(certify(request, issuer_, key));
  if (leaf.common_name != member.name) ++renamed_;
  const std::string leaf_pem = pki::to_pem(leaf);
  const core::Secret key_pem = key.to_pem();
  const core::Path generation = WXSEC_TRY(
      installer_.stage(plan_->folder_of(member.name),
                       PairText{leaf_pem, plan_->chain_pem, key_pem.reveal()}, plan_->access));
  rows_.push_back(ledger_row(member.name, plan_->profile.name, generation, leaf, plan_->now));
  return {};
}

}  // namespace wxsec::certs
