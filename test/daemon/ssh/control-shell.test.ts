import { afterEach, describe, expect, test, vi } from "vitest";
import { ControlShell, type RemoteShell, type ShellSink } from "../../../packages/daemon/src/ssh/index.ts";

afterEach(() => void vi.useRealTimers());

/** Keeps what it is sent; the test answers. */
class ScriptedShell implements RemoteShell {
  readonly sent: string[] = [];
  open = true;
  #sink: ShellSink | null = null;

  attach(sink: ShellSink): void {
    this.#sink = sink;
  }

  send(script: string): void {
    this.sent.push(script);
  }

  end(script: string): void {
    this.send(script);
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    this.#sink?.onClose();
  }

  /** The requests alone, without the first words. */
  get requests(): string[] {
    return this.sent.slice(1);
  }

  say(text: string): void {
    this.#sink?.onOutput("stdout", Buffer.from(text, "latin1"));
  }

  answer(output: string, status = 0): string {
    const nonce = /[0-9a-f]{32}/.exec(this.sent[1] ?? "")?.[0] ?? "";
    return `\x1e${nonce} begin -\n${output}\x1e${nonce} end ${status}\n`;
  }
}

function open(): { remote: ScriptedShell; control: ControlShell } {
  const remote = new ScriptedShell();
  return { remote, control: new ControlShell(remote, { hostName: "ant", preamble: "first words" }) };
}

describe("requests of a control shell", () => {
  test("are sent without waiting for each other, and each gets its own answer", async () => {
    const { remote, control } = open();
    const all = Promise.all(["one", "two", "three"].map(async (script) => await control.request(script)));
    expect(remote.requests.map((each) => /one|two|three/.exec(each)?.[0])).toEqual(["one", "two", "three"]);
    const stream = remote.answer("1") + remote.answer("2", 7) + remote.answer("");
    // In pieces that know nothing of where an answer ends.
    for (const byte of stream) remote.say(byte);
    expect((await all).map(({ status, output }) => [status, String(output)])).toEqual([
      [0, "1"],
      [7, "2"],
      [0, ""],
    ]);
  });

  test("are at most eight ahead; the ninth goes when the first is answered", async () => {
    const { remote, control } = open();
    const all = Array.from({ length: 9 }, async (_, index) => await control.request(`step ${index}`));
    expect(remote.requests).toHaveLength(8);
    remote.say(remote.answer("0"));
    expect(remote.requests).toHaveLength(9);
    for (let index = 1; index < 9; index++) remote.say(remote.answer(String(index)));
    expect((await Promise.all(all)).map(({ output }) => String(output)).join("")).toBe("012345678");
  });

  test("each has its time from when those before it are answered; one that is late ends all behind it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { remote, control } = open();
    const first = control.request("one", { timeoutMs: 1_000 });
    const rest = ["two", "three"].map((script) => control.request(script, { timeoutMs: 1_000 }));
    for (const each of rest) each.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(900);
    remote.say(remote.answer("1"));
    await expect(first).resolves.toMatchObject({ status: 0 });
    await vi.advanceTimersByTimeAsync(900);
    expect(control.open).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(control.open).toBe(false);
    for (const each of rest) await expect(each).rejects.toMatchObject({ kind: "host.lost" });
    await expect(control.request("four")).rejects.toMatchObject({ kind: "host.lost" });
  });
});
