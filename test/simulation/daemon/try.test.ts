import { test } from "vitest";
import { play, refusals } from "./play.ts";
import { SCENARIOS } from "./scenarios.ts";
test("x", async () => {
  let total = 0;
  for (const s of SCENARIOS) {
    const t = performance.now();
    try {
    const p = await play(s, []);
    total += p.points[0]!.length;
    console.log(s.name, p.points.map((x) => x.length), Math.round(performance.now() - t), p.faults, JSON.stringify(Object.entries(p.after.jobs).map(([k,v])=>[k,v.state,v.error])), process.env.V ? JSON.stringify(p.after, null, 1)+p.points[0].join("\n") : "", refusals.splice(0).map(String));
    } catch (e) { console.log(s.name, "THREW", e); }
  }
  console.log("total", total);
}, 100000);
