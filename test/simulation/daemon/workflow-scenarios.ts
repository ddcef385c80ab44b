import type { Desk } from "../../daemon/support/desk.ts";
import { FACTS } from "../../daemon/support/fake-pool.ts";
import { onDesk, ONE, RRID, type Scenario, slow, TWO } from "./scenario.ts";

/** Everything that changes packages and repositories of hosts. */
export const WORKFLOW_SCENARIOS: readonly Scenario[] = [
  { name: "prepare", hosts: TWO, setup: onDesk(...TWO), ...slow("prepare"), changes: / in -y -l frob/ },
  { name: "update", hosts: TWO, setup: onDesk(...TWO), ...slow("update"), changes: / -t patch / },
  {
    name: "update that fails and is rolled back",
    hosts: TWO,
    setup: async (desk) => {
      failAtThePatch(desk, "ant");
      await onDesk(...TWO)(desk);
    },
    ...slow("update"),
    changes: / --oldpackage /,
    never: ({ changes }) =>
      changes["bee"]?.some((each) => each.includes("--oldpackage")) ? ["bee was rolled back"] : [],
  },
  {
    name: "update on a transactional host",
    hosts: ONE,
    setup: async (desk) => {
      transactional(desk, "ant");
      await onDesk(...ONE)(desk);
    },
    ...slow("update"),
    changes: /transactional-update .* -t patch /,
  },
  {
    name: "downgrade",
    hosts: TWO,
    setup: updated(TWO),
    ...slow("downgrade"),
    changes: / --oldpackage /,
  },
  {
    name: "downgrade on a transactional host",
    hosts: ONE,
    setup: async (desk) => {
      transactional(desk, "ant");
      await updated(ONE)(desk);
    },
    ...slow("downgrade"),
    changes: /transactional-update .* --oldpackage /,
  },
  { name: "install", hosts: TWO, setup: onDesk(...TWO), ...slow("install", { package: ["frob"] }) },
  { name: "uninstall", hosts: TWO, setup: onDesk(...TWO), ...slow("uninstall", { package: ["frob"] }) },
  {
    name: "set_repo add",
    hosts: TWO,
    setup: onDesk(...TWO),
    ...slow("set_repo", { operation: "add" }),
    changes: / ar /,
  },
  {
    name: "set_repo remove",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await desk.call("set_repo", { workspace: "w", operation: "add" });
    },
    ...slow("set_repo", { operation: "remove" }),
    changes: / rr /,
  },
  {
    name: "validate --after downgrade",
    hosts: ONE,
    setup: async (desk) => void desk.template(7),
    operate: (desk) => desk.call("validate", { rrids: [RRID], after: "downgrade" }),
    changes: / --oldpackage /,
  },
];

function updated(hosts: readonly string[]): (desk: Desk) => Promise<void> {
  return async (desk) => {
    await onDesk(...hosts)(desk);
    await desk.call("update", { workspace: "w" });
  };
}

/** The patch is installed there, and zypper says that it went wrong. */
function failAtThePatch(desk: Desk, host: string): void {
  const machine = desk.pool.machine(host);
  const { answer } = machine;
  machine.answer = (command) =>
    command.includes(" -t patch ") ? { ...answer(command), exit: 1 } : answer(command);
}

/** Changes go into snapshots, which reboots make its system. */
function transactional(desk: Desk, host: string): void {
  desk.pool.machine(host).facts = { ...FACTS, transactional: true, release: "slmicro" };
}
