import { expect, it } from "vitest";
import { workflowHost } from "../../../packages/daemon/src/workflow/index.ts";
import { operate } from "../../../packages/daemon/src/workflow/operate.ts";
import { frobContext, frobHost } from "../support/frob-update.ts";

const nothing = { name: "nothing", plan: () => null };

it("calls nothing a success on a host where nothing was run", async () => {
  const host = workflowHost(frobHost("ant"), null);
  const [done] = await operate(frobContext(), { ...nothing, hosts: [host], work: async () => undefined });
  expect(done?.result).toMatchObject({ state: "notRun", commands: [], error: { kind: "operation.failed" } });
});

it("keeps a fault of ours on one host from the others, and gives back every lock", async () => {
  const [ant, bee] = [frobHost("ant"), frobHost("bee")];
  const done = await operate(frobContext(), {
    ...nothing,
    hosts: [ant, bee].map((host) => workflowHost(host, null)),
    work: async (run) => {
      if (run.name === "ant") throw new TypeError("a fault");
      return 1;
    },
  });
  expect(done[0]?.result).toMatchObject({ state: "failed", error: { kind: "internal" } });
  expect(done[1]?.value).toBe(1);
  expect([ant.lock, bee.lock]).toEqual([null, null]);
});
