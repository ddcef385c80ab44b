import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** Types that the daemon's sources name where they make an event. */
function typesInSources(): string[] {
  const sources = globSync("packages/daemon/src/**/*.ts", { cwd: root }).map((path) =>
    readFileSync(join(root, path), "utf8"),
  );
  const patterns = [
    /\btype: "([a-z]+\.[a-z-]+)"/g,
    /#emit\("([a-z]+\.[a-z-]+)"/g,
    /held\("([a-z]+\.[a-z-]+)"/g,
  ];
  const found = sources.flatMap((text) =>
    patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, type]) => type ?? "")),
  );
  return [...new Set(found)].sort();
}

/** Whoever follows events relies on their types: adding is free, renaming breaks a script. */
test("every type of event is documented, and no other", () => {
  const page = readFileSync(join(root, "docs/formats/events.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z-]+)` \|/gm)].map(([, type]) => type ?? "");
  expect(rows.toSorted()).toEqual(typesInSources());
  expect(rows).toEqual([
    "claim.granted",
    "claim.adopted",
    "claim.releasing",
    "claim.release-due",
    "claim.released",
    "claim.lost",
    "ticket.queued",
    "ticket.granted",
    "ticket.failed",
    "host.quarantined",
    "host.recovered",
    "lock.lost",
    "lock.forced",
    "lease.lost",
    "workspace.closed",
    "report.written",
    "job.state",
    "job.step",
    "job.host",
    "job.ticket",
    "job.note",
    "job.output",
  ]);
});
