import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkedLength, checkPrivateDir, dial, socketPath } from "@mtui/core/client";
import { expect, test } from "vitest";

function directory() {
  const dir = mkdtempSync(join(tmpdir(), "mtui-"));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

test("the socket is in the runtime directory", () => {
  using at = directory();
  expect(socketPath({ HOME: at.dir, XDG_RUNTIME_DIR: at.dir })).toBe(join(at.dir, "mtui", "mtuid.sock"));
});

test.each([
  { name: "is gone", value: (dir: string) => join(dir, "gone") },
  { name: "is relative", value: () => "run" },
  { name: "is writable for all", value: () => "/tmp" },
  { name: "is a file", value: () => import.meta.filename },
])("a runtime directory that $name is passed over", ({ value }) => {
  using at = directory();
  const path = socketPath({ HOME: at.dir, XDG_RUNTIME_DIR: value(at.dir) });
  const fallbacks = [
    `/run/user/${process.getuid?.()}/mtui/mtuid.sock`,
    join(at.dir, ".local/state/mtui/mtuid.sock"),
  ];
  expect(fallbacks).toContain(path);
});

test("a path that Node would cut off is refused", () => {
  expect(checkedLength(`/${"p".repeat(106)}`)).toHaveLength(107);
  expect(() => checkedLength(`/${"p".repeat(107)}`)).toThrow(
    expect.objectContaining({ kind: "daemon.unreachable" }),
  );
  expect(() => checkedLength(`/${"ä".repeat(54)}`)).toThrow("109 bytes");
});

test("a directory that others may enter, or a link to one, is refused before anything is said", async () => {
  using at = directory();
  const dir = join(at.dir, "mtui");
  expect(checkPrivateDir(dir)).toBe(false);
  mkdirSync(dir, { mode: 0o700 });
  expect(checkPrivateDir(dir)).toBe(true);
  chmodSync(dir, 0o710);
  await expect(dial(join(dir, "s"))).rejects.toMatchObject({
    kind: "daemon.unreachable",
    hint: `Close it: chmod 700 ${dir}`,
  });
  const link = join(at.dir, "link");
  symlinkSync(at.dir, link);
  expect(() => checkPrivateDir(link)).toThrow("is not a directory");
});
