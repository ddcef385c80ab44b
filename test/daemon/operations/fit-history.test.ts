import { describe, expect, test } from "vitest";
import { fitHistory } from "../../../packages/daemon/src/operations/fit-history.ts";

const lines = (count: number, text = "x".repeat(100)) =>
  Array.from({ length: count }, (_, n) => ({ at: count - n, user: "bob", text }));
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe("histories of many hosts", () => {
  test("that fit are left alone", () => {
    const hosts = [
      { host: "a", entries: lines(3) },
      { host: "b", entries: [] },
    ];
    expect(fitHistory(hosts)).toEqual(hosts.map((host) => ({ ...host, left_out: 0 })));
  });

  test("that do not lose the oldest of the longest, and say how many", () => {
    const hosts = [
      { host: "short", entries: lines(2) },
      { host: "long", entries: lines(200) },
      { host: "longer", entries: lines(500) },
    ];
    const [short, long, longer] = fitHistory(hosts, 10_000);
    expect(short).toMatchObject({ left_out: 0 });
    expect(long?.entries).toEqual(lines(200).slice(0, long?.entries.length));
    expect(long?.entries.length).toBe(longer?.entries.length);
    expect((long?.entries.length ?? 0) + (long?.left_out ?? 0)).toBe(200);
    expect((longer?.entries.length ?? 0) + (longer?.left_out ?? 0)).toBe(500);
    const all = sizeOf([short, long, longer].map((each) => each?.entries));
    expect(all).toBeGreaterThan(9_000);
    expect(all).toBeLessThan(10_050);
  });

  test("of six hundred hosts with as many lines as may be asked for fit into a line of the wire", () => {
    const entries = lines(1000, "\u0001".repeat(40));
    const hosts = Array.from({ length: 600 }, (_, n) => ({ host: `host-${n}.example`, entries }));
    const fitted = fitHistory(hosts);
    expect(sizeOf(fitted)).toBeLessThan(8 * 1024 * 1024);
    expect(
      fitted.every(({ entries: { length }, left_out }) => length > 0 && length + left_out === 1000),
    ).toBe(true);
  });
});
