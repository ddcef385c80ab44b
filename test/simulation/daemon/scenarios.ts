import { keepLeases } from "../../../packages/daemon/src/workspaces/lease.ts";
import { type Leave, shutDown } from "../../../packages/daemon/src/workspaces/shutdown.ts";
import { AGENT, type Desk } from "../../daemon/support/desk.ts";
import { FILE_SCENARIOS } from "./file-scenarios.ts";
import { onDesk, ONE, RRID, type Scenario, slow, TWO } from "./scenario.ts";
import type { Snapshot } from "./snapshot.ts";
import { WORKFLOW_SCENARIOS } from "./workflow-scenarios.ts";

/** The last two writes of a job that is ending: its hosts are given back, its end is not written down yet, or is. */
const lastWrites = (points: readonly string[]): readonly string[] =>
  points.filter((point) => point.startsWith("journal writ")).slice(-4);

/** A command is at work on ant until the world goes on. */
async function atWork(desk: Desk): Promise<string> {
  const gate = Promise.withResolvers<void>();
  const ant = desk.pool.machine("ant");
  ant.gates.command = () => gate.promise;
  goOn.set(ant, () => {
    delete ant.gates.command;
    gate.resolve();
  });
  const { job } = await desk.call("run", { workspace: "w", command: ["work"], background: true });
  while (ant.changes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return job.id;
}
const goOn = new WeakMap<object, () => void>();
const worldGoesOn = (desk: Desk): void => goOn.get(desk.pool.machine("ant"))?.();

async function queue(desk: Desk, workspace: string): Promise<void> {
  await desk.call("add_host", { workspace, target: ["ant"], wait: 7200, background: true });
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "load_template",
    hosts: ONE,
    setup: async (desk) => void desk.template(7),
    ...slow("load_template", { auto_review_id: RRID }),
  },
  {
    name: "load_template --replace",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      desk.template(8);
    },
    ...slow("load_template", { auto_review_id: "SUSE:Maintenance:8:80", replace: true }),
  },
  { name: "add_host ant", hosts: ONE, ...slow("add_host", { target: ONE }) },
  { name: "add_host", hosts: TWO, setup: onDesk(), ...slow("add_host"), anyHost: true },
  { name: "add_host ant bee", hosts: TWO, setup: onDesk(), ...slow("add_host", { target: TWO }) },
  {
    name: "add_host that waits",
    hosts: ONE,
    setup: async (desk) => void (await desk.call("add_host", { workspace: "holder", target: ONE })),
    operate: async (desk) => {
      await queue(desk, "w");
      await queue(desk, "v");
      await new Promise((resolve) => setImmediate(resolve));
      await desk.call("close_workspace", { workspace: "holder" });
    },
    afterwards: async (desk) => {
      for (const workspace of ["holder", "w"])
        if (desk.services.workspaces.find(workspace) !== undefined)
          await desk.call("close_workspace", { workspace }).catch(() => undefined);
    },
    // Who waits may still do so when the holder, or who was first, is only closed afterwards.
    open: { "add_host-2": ["waiting -"], "add_host-3": ["waiting -"] },
    allowed: ["desk w: hosts ant"],
  },
  { name: "remove_host ant", hosts: TWO, setup: onDesk(...TWO), ...slow("remove_host", { hosts: ONE }) },
  { name: "remove_host", hosts: TWO, setup: onDesk(...TWO), ...slow("remove_host") },
  { name: "run", hosts: ONE, setup: onDesk(...ONE), ...slow("run", { command: ["echo", "hello"] }) },
  { name: "run on two", hosts: TWO, setup: onDesk(...TWO), ...slow("run", { command: ["echo", "hello"] }) },
  ...WORKFLOW_SCENARIOS,
  ...FILE_SCENARIOS,
  { name: "reboot", hosts: TWO, setup: onDesk(...TWO), ...slow("reboot") },
  { name: "lock", hosts: TWO, setup: onDesk(...TWO), ...slow("lock", { comment: ["mine"] }) },
  {
    name: "unlock",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await desk.call("lock", { workspace: "w", comment: ["mine"] });
    },
    ...slow("unlock"),
  },
  { name: "unlock --pool", hosts: TWO, setup: onDesk(...TWO), ...slow("unlock", { pool: true }) },
  {
    name: "run under a lock by hand",
    hosts: ONE,
    setup: async (desk) => {
      await onDesk(...ONE)(desk);
      await desk.call("lock", { workspace: "w", comment: ["mine"] });
    },
    ...slow("run", { command: ["echo", "hello"] }),
  },
  {
    name: "validate",
    hosts: ONE,
    setup: async (desk) => void desk.template(7),
    operate: (desk) => desk.call("validate", { rrids: [RRID] }),
  },
  {
    name: "validate on either of two hosts",
    hosts: TWO,
    setup: async (desk) => void desk.template(7),
    operate: (desk) => desk.call("validate", { rrids: [RRID] }),
    anyHost: true,
    twice: lastWrites,
  },
  {
    name: "validate on two hosts",
    hosts: TWO,
    products: { bee: "SLED" },
    setup: async (desk) => twoProducts(desk),
    operate: (desk) => desk.call("validate", { rrids: [RRID] }),
  },
  {
    name: "validate of two updates",
    // None is used twice, also when some are still being given back: both updates bring the same package.
    hosts: ["ant", "bee", "cow", "dog"],
    setup: async (desk) => void [desk.template(7), desk.template(8)],
    operate: (desk) => desk.call("validate", { rrids: [RRID, "SUSE:Maintenance:8:80"] }),
    anyHost: true,
  },
  {
    name: "validate --keep",
    hosts: ONE,
    setup: async (desk) => void desk.template(7),
    operate: (desk) => desk.call("validate", { rrids: [RRID], keep: true }),
  },
  {
    name: "takeover",
    hosts: TWO,
    setup: onDesk(...TWO),
    operate: (desk) => takeOver(desk, false),
    never: takenInSilence,
  },
  {
    name: "takeover --force",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await atWork(desk);
    },
    operate: (desk) => takeOver(desk, true),
    afterwards: worldGoesOn,
    // Its host is somebody else's when it goes on. Nobody asks there for the trace of its command any more.
    open: { "run-1": ["lost operation.failed"] },
    never: takenInSilence,
    allowed: ["ant: the trace of run-1.1 is left"],
  },
  {
    name: "export",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await desk.call("update", { workspace: "w" });
    },
    ...slow("export"),
  },
  { name: "close_workspace", hosts: TWO, setup: onDesk(...TWO), ...slow("close_workspace") },
  {
    name: "close_workspace --force",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await atWork(desk);
    },
    ...slow("close_workspace", { force: true }),
    afterwards: worldGoesOn,
    open: {},
  },
  {
    name: "job_cancel",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await atWork(desk);
    },
    operate: async (desk) => {
      await desk.call("job_cancel", { job_id: "run-1" });
      await desk.call("job_wait", { job_ids: ["run-1"] });
    },
    afterwards: worldGoesOn,
    open: {},
  },
  {
    name: "job_cancel of an update",
    hosts: TWO,
    setup: async (desk) => {
      await onDesk(...TWO)(desk);
      await desk.call("update", { workspace: "w", background: true });
      await atThePatch(desk, "update-1");
    },
    operate: (desk) => cancel(desk, "update-1"),
    afterwards: (desk) => goesOnUnlessCancelled(desk, "update-1"),
    open: {},
    never: halfAnUpdate,
  },
  {
    name: "job_cancel of a validate",
    hosts: TWO,
    products: { bee: "SLED" },
    setup: async (desk) => {
      twoProducts(desk);
      await desk.call("validate", { rrids: [RRID], background: true });
      await atThePatch(desk, "validate-1");
    },
    operate: (desk) => cancel(desk, "validate-1"),
    afterwards: (desk) => goesOnUnlessCancelled(desk, "validate-1"),
    open: {},
    never: halfAnUpdate,
  },
  {
    name: "an update that is cancelled when it goes on",
    hosts: TWO,
    setup: onDesk(...TWO),
    ...slow("update"),
    afterwards: async (desk) => {
      const [job] = desk.services.jobs.list({ active: true });
      if (job !== undefined) await desk.call("job_cancel", { job_id: job.id });
    },
    open: { "update-1": ["cancelled job.cancelled", "cancelled operation.failed"] },
    never: halfAnUpdate,
  },
  {
    name: "an update whose desk is closed when it goes on",
    hosts: TWO,
    setup: onDesk(...TWO),
    ...slow("update"),
    afterwards: async (desk) => {
      if (desk.services.workspaces.find("w") !== undefined)
        await desk.call("close_workspace", { workspace: "w", force: true });
    },
    open: { "update-1": ["cancelled job.cancelled", "cancelled operation.failed"] },
    never: halfAnUpdate,
  },
  {
    name: "end of a lease",
    hosts: TWO,
    setup: async (desk) => {
      desk.template(7);
      await desk.call("load_template", { workspace: "w", auto_review_id: RRID }, { client: AGENT });
      await desk.call("add_host", { workspace: "w", target: TWO }, { client: AGENT });
    },
    operate: async (desk) => {
      const stop = keepLeases(desk.services);
      await desk.clock.advance(20 * 60_000);
      stop();
    },
    never: ({ desks, leases }) =>
      desks["claude/w"] === undefined && !leases.includes("claude/w") ? ["nobody says what became of w"] : [],
  },
  ...(["working", "all", "nothing"] as const).map(stopping),
];

function twoProducts(desk: Desk): void {
  desk.template(7, {
    products: ["SLES", "SLED"],
    testplatforms: ["SLES", "SLED"].map((name) => `base=${name}(major=15,minor=SP6);arch=[x86_64]`),
  });
}

/** ant installs the patch until the world goes on; bee has done all of its part. */
async function atThePatch(desk: Desk, job: string): Promise<void> {
  const gate = Promise.withResolvers<void>();
  const ant = desk.pool.machine("ant");
  const patches = (): boolean => ant.changes.at(-1)?.command.includes(" -t patch ") === true;
  let held = false;
  ant.gates.command = async () => {
    if (held || !patches()) return;
    held = true;
    await gate.promise;
  };
  goOn.set(ant, () => {
    delete ant.gates.command;
    gate.resolve();
  });
  const done = (): boolean => {
    const { bee } = desk.services.jobs.get(job).view().hosts;
    return bee?.step === "update" && bee.state === "ok";
  };
  while (!patches() || !done()) await new Promise((resolve) => setImmediate(resolve));
}

async function cancel(desk: Desk, job: string): Promise<void> {
  await desk.call("job_cancel", { job_id: job });
  await desk.call("job_wait", { job_ids: [job] });
}

/** A cancel that was written down ends the command that is at work, in whatever life. */
function goesOnUnlessCancelled(desk: Desk, id: string): void {
  if (desk.services.jobs.get(id).state !== "cancelling") worldGoesOn(desk);
}

/** The update's repositories go however it ends. */
function halfAnUpdate({ changes }: Snapshot): string[] {
  return Object.entries(changes).flatMap(([host, commands]) => {
    const [added, removed] = [" ar ", " rr "].map((word) =>
      commands.findLastIndex((each) => each.includes(word)),
    );
    return (added ?? -1) > (removed ?? -1) ? [`${host}: the update's repositories are left`] : [];
  });
}

/** Who has lost a host is told so by the next call, also in another life. */
function takenInSilence({ desks }: Snapshot): string[] {
  const { hosts = [], lost = [] } = desks["w"] ?? {};
  return hosts.includes("ant") || lost.includes("ant") ? [] : ["w is not told of its loss"];
}

function stopping(leave: Leave): Scenario {
  return {
    name: `daemon stop, leaving ${leave}`,
    hosts: ["ant", "bee", "cow"],
    setup: async (desk) => {
      await onDesk("ant", "bee")(desk);
      await desk.call("add_host", { workspace: "idle", target: ["cow"] });
      await atWork(desk);
      await queue(desk, "v");
    },
    operate: (desk) => shutDown(desk.services, leave),
    afterwards: worldGoesOn,
    open: {},
  };
}

async function takeOver(desk: Desk, force: boolean): Promise<unknown> {
  const claim = desk.services.arbiter.view().claims.find(({ host }) => host === "ant")?.id;
  return desk.call("takeover", { workspace: "v", host: "ant", claim, reason: "urgent", force });
}
