import { expect, test } from "vitest";
import { DurableStreams } from "../../../packages/daemon/src/hosts/durable/streams.ts";

test("what the host kept of a stream is counted when both have been read to their ends, whichever is first", async () => {
  const streams = new DurableStreams({
    from: { stdout: 0, stderr: 0 },
    capture: 1000,
    onOutput: () => undefined,
    onLife: () => undefined,
  });
  const { sink, said } = streams.attach("n");
  const say = (stream: "stdout" | "stderr", text: string): void =>
    sink.onOutput(stream, Buffer.from(text, "latin1"));
  say("stdout", "\x1en go\nab\x1en end 0 released 6 7\n");
  say("stderr", "\x1en go\nxyz");
  say("stderr", "\x1en end\n");
  expect(await said).toEqual({ why: "ended", exit: 0, release: "released" });
  expect(streams.captured).toMatchObject({
    stdout: { bytes: 4, dropped: 2 },
    stderr: { bytes: 4, dropped: 1 },
  });
});
