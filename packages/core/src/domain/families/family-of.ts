import { MtuiError } from "../../protocol/errors.ts";
import type { HostFacts, ReleaseKey } from "../products/product-id.ts";
import type { Family } from "./family.ts";
import { transactionalFamily } from "./transactional-plan.ts";
import { yumFamily } from "./yum-plan.ts";
import { zypperFamily } from "./zypper-plan.ts";

export const FAMILIES: Readonly<Record<ReleaseKey, Family>> = {
  "11": zypperFamily("11"),
  "12": zypperFamily("12"),
  "15": zypperFamily("15"),
  "16": zypperFamily("16"),
  slmicro: transactionalFamily,
  YUM: yumFamily,
};

/**
 * The commands for a host.
 * @throws MtuiError host.unsupported where there is no table: a missing one must never pass in silence
 */
export function familyOf(facts: Pick<HostFacts, "release" | "transactional" | "system">): Family {
  if (facts.release !== null) return FAMILIES[facts.release];
  const how = facts.transactional ? "transactional" : "non-transactional";
  throw new MtuiError("host.unsupported", `There is no plan for a ${how} ${facts.system}.`, {
    hint: "Packages can be handled on SLE 11, 12, 15 and 16, SL Micro and RHEL; `run` works on any host.",
  });
}
