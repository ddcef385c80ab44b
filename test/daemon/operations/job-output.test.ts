import { describe, expect, test } from "vitest";
import type { ResultOf } from "@mtui/core/registry";
import { AGENT, type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

/** A job at work on two hosts, whose output the test writes as its steps would. */
async function working() {
  const desk = openDesk({ hosts: ["ant", "bee"] });
  await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
  const hang = Promise.withResolvers<void>();
  for (const machine of desk.pool.machines.values()) machine.gates.command = () => hang.promise;
  const { job } = await desk.call("run", { workspace: "w", command: ["flood"], background: true });
  await settle();
  const live = desk.services.jobs.get(job.id);
  const open = (host: string, step = 50) =>
    desk.services.outputs.open({
      job: job.id,
      host,
      step,
      onText: (stream, piece) => live.output(host, { ...piece, stream, step }),
    });
  return { desk, hang, id: job.id, open };
}

/** As a follower puts it together: events where they fit, the files where they do not. */
async function gather(
  desk: Desk,
  page: ResultOf<"job_follow">,
  { id, have }: { id: string; have: Map<string, string> },
) {
  for (const { type, host = "", text = "", data } of page.events) {
    if (type !== "job.output") continue;
    const { stream, step, offset, bytes } = data as {
      stream: string;
      step: number;
      offset: number;
      bytes: number;
    };
    const known = have.get(host) ?? "";
    if (offset + bytes <= known.length) continue;
    if (offset === known.length) {
      have.set(host, known + text);
      continue;
    }
    const from = known.length;
    const reply = await desk.call("job_result", {
      job_id: id,
      hosts: [host],
      stream,
      step,
      from,
      partial: true,
      limit: 1024 * 1024,
    });
    have.set(host, known + (reply.output ?? []).map((piece) => piece.text).join(""));
  }
}

describe("a follower", () => {
  test("that reads seldom has every byte once all the same, and costs nobody anything", async () => {
    const { desk, hang, id, open } = await working();
    using _desk = desk;
    const outputs = { ant: open("ant"), bee: open("bee") };
    // One that waits and never reads on.
    void desk.call("job_follow", { job_ids: [id], from: 1000, timeout: 60 });
    const have = new Map<string, string>();
    const said = { ant: "", bee: "" };
    let cursor = 0;
    let gaps = 0;
    const pending = desk.clock.pending;
    for (let round = 0; round < 60; round++) {
      for (const host of ["ant", "bee"] as const) {
        const text = `${host} ${round} ${"x".repeat(30_000)}\n`;
        said[host] += text;
        outputs[host].push("stdout", Buffer.from(text));
        outputs[host].flush();
      }
      if (round !== 0) continue;
      const page = await desk.call("job_follow", { job_ids: [id], from: cursor });
      gaps += Number(page.gap);
      ({ cursor } = page);
      await gather(desk, page, { id, have });
    }
    // However much was printed to nobody, the ring is what it is, and nothing waits for a reader.
    expect(desk.services.events.read(0).events.length).toBeLessThan(400);
    expect(desk.clock.pending).toBeLessThanOrEqual(pending + 2);
    await Promise.all(Object.values(outputs).map((output) => output.end()));
    hang.resolve();
    await desk.call("job_wait", { job_ids: [id] });
    for (let finished = false; !finished; ) {
      const page = await desk.call("job_follow", { job_ids: [id], from: cursor });
      gaps += Number(page.gap);
      ({ cursor, finished } = page);
      await gather(desk, page, { id, have });
    }
    expect(gaps).toBeGreaterThan(0);
    expect(have.get("ant") === said.ant && have.get("bee") === said.bee).toBe(true);
  });

  test("is told when the daemon leaves its job for the next life, after the last event", async () => {
    const { desk, hang, id } = await working();
    using _desk = desk;
    const { cursor } = await desk.call("job_follow", { job_ids: [id] });
    const waiting = desk.call("job_follow", { job_ids: [id], from: cursor, timeout: 60 });
    const waited = desk.call("job_wait", { job_ids: [id], timeout: 60 });
    const told = Promise.allSettled([waiting, waited]);
    await settle();
    expect(desk.services.jobs.get(id).suspend()).toBe(true);
    expect(await told).toMatchObject([
      { status: "rejected", reason: { kind: "daemon.stopping" } },
      { status: "rejected", reason: { kind: "daemon.stopping" } },
    ]);
    hang.resolve();
  });
});

describe("job_result", () => {
  test("of a job that goes on is refused, but its output so far can be had", async () => {
    const { desk, hang, id, open } = await working();
    using _desk = desk;
    open("bee").push("stderr", Buffer.from("so far"));
    await expect(desk.call("job_result", { job_id: id })).rejects.toMatchObject({
      kind: "job.running",
      retryable: true,
    });
    await expect(desk.call("job_result", { job_id: id, tail: 1 })).rejects.toMatchObject({
      kind: "job.running",
    });
    expect(await desk.call("job_result", { job_id: id, partial: true })).toMatchObject({
      job: { state: "running", hosts: { ant: { state: "running" } } },
      result: null,
      output: [{ host: "bee", stream: "stderr", text: "so far" }],
      cursor: null,
    });
    await expect(
      desk.call("job_result", { job_id: id, hosts: ["cow"], partial: true }),
    ).rejects.toMatchObject({
      kind: "host.unknown",
    });
    hang.resolve();
  });

  test("gives the evidence of some hosts alone", async () => {
    const { desk, hang, id } = await working();
    using _desk = desk;
    hang.resolve();
    await desk.call("job_wait", { job_ids: [id] });
    const { result } = await desk.call("job_result", { job_id: id, hosts: ["bee"] });
    expect((result as { hosts: { host: string }[] }).hosts.map(({ host }) => host)).toEqual(["bee"]);
  });
});

describe("job_status", () => {
  test("says since when each host is at its step, and the last line that it printed", async () => {
    const { desk, hang, id, open } = await working();
    using _desk = desk;
    const since = desk.clock.now();
    await desk.clock.advance(5000);
    const output = open("ant");
    output.push("stdout", Buffer.from(`one\n${"y".repeat(5000)}\nDownloading 10%\rDownloading 99%\n\n`));
    const { hosts } = await desk.call("job_status", { job_id: id });
    expect(hosts["ant"]).toMatchObject({ state: "running", since, last_line: "Downloading 99%" });
    expect(hosts["bee"]).not.toHaveProperty("last_line");
    hang.resolve();
  });
});

describe("a client that knows only names, ids and workspaces of jobs", () => {
  test("gives its workspace along, and is refused the job of another", async () => {
    const { desk, hang } = await working();
    using _desk = desk;
    await desk.call("add_host", { target: ["ant"] }, { client: AGENT }).catch(() => undefined);
    const mine = { client: AGENT };
    const job = desk.services.jobs.list({ workspace: "claude/default" })[0];
    expect(job?.request.workspace).toBe("claude/default");
    const job_id = job?.id ?? "";
    expect(await desk.call("job_status", { job_id, workspace: "default" }, mine)).toMatchObject({
      id: job_id,
    });
    const { jobs } = await desk.call("job_list", { workspace: "default" }, mine);
    expect(jobs.map(({ id }) => id)).toEqual([job_id]);
    for (const operation of ["job_status", "job_result", "job_cancel"] as const)
      await expect(desk.call(operation, { job_id, workspace: "other" }, mine)).rejects.toMatchObject({
        kind: "job.unknown",
      });
    hang.resolve();
  });

  test("several are cancelled at once, or none when one of them is unknown", async () => {
    const { desk, hang, id } = await working();
    using _desk = desk;
    const second = await desk.call("run", { workspace: "w", command: ["true"], background: true });
    const ids = { job_id: id, others: [second.job.id] };
    await expect(desk.call("job_cancel", { ...ids, others: ["run-99"] })).rejects.toMatchObject({
      kind: "job.unknown",
    });
    expect(await desk.call("job_list", { active: true })).toMatchObject({
      jobs: [{ state: "queued" }, { state: "running" }],
    });
    expect(await desk.call("job_cancel", ids)).toMatchObject({
      cancelled: true,
      others: [{ cancelled: true }],
    });
    hang.resolve();
    const { jobs } = await desk.call("job_wait", { job_ids: [id, second.job.id] });
    expect(jobs.map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
  });
});
