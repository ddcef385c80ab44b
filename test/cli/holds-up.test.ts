import { expect, test } from "vitest";
import { mtuictl } from "./support/cli.ts";
import { fakeIo } from "./support/fake-io.ts";
import { job } from "./support/samples.ts";

const notice =
  "Workspace w is at work (run-1: run true); this waits for it. mtuictl job cancel run-1 ends it.\n";

/** `list-hosts -w w` on a daemon that answers after `ms`. */
async function answeredAfter(ms: number, options: { active?: boolean; json?: boolean } = {}) {
  const { active = true, json = false } = options;
  const io = fakeIo();
  const { err } = await mtuictl(["list-hosts", "-w", "w", ...(json ? ["--json"] : [])], {
    io,
    script: {
      job_list: { jobs: active ? [job({ state: "running" })] : [] },
      list_hosts: async () => {
        io.advance(ms);
        // The question that the notice asks is answered first.
        await new Promise(setImmediate);
        return { hosts: [] };
      },
    },
  });
  return err;
}

test("a quick command that waits for a job says for which", async () => {
  expect(await answeredAfter(2000)).toBe(notice);
});

test("one that is answered soon, or for which nothing runs, or for a program, says nothing", async () => {
  expect(await answeredAfter(1999)).toBe("");
  expect(await answeredAfter(5000, { active: false })).toBe("");
  expect(await answeredAfter(5000, { json: true })).toBe("");
});
