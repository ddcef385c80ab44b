import type { Reporter, TestModule } from "vitest/node";

/** One plain line behind the summary, for whoever reads it by program: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0;
    for (const module of modules) {
      const before = count.failed;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      // A file that could not even be loaded has no test that failed.
      if (module.state() === "failed" && count.failed === before) broken += 1;
    }
    const text = `${count.passed} passed, ${count.failed + broken} failed, ${count.skipped + count.pending} skipped`;
    // Behind the default reporter's summary, which is written at the end of the same turn.
    setImmediate(() => process.stdout.write(`${text}\n`));
  }
}
