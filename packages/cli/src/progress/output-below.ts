import type { JobView } from "@mtui/core/registry";
import type { Printed } from "../follow/whole-output.ts";
import type { Clock } from "@mtui/core/clock";
import { OutputLines, prefixOf } from "./output-lines.ts";
import type { Reporter } from "./reporter.ts";

export type WhenShown = "at once" | "when it takes long" | "never";

/** Milliseconds after which a command takes long: whoever looks wants to see what it does. */
const LONG = 1500;
/** Characters that are held back until then; more is long, too. */
const HELD = 256 * 1024;

export interface OutputBelow extends Disposable {
  jobs: readonly JobView[];
  take(printed: Printed): void;
  /** The jobs have ended. @returns whether their output has been shown */
  finish(): boolean;
}

/**
 * What commands print, below the progress. A quick command's output is shown with its result, where
 * equal output stands once; what takes long is shown as it comes, and not again.
 */
export function outputBelow(options: { reporter: Reporter; clock: Clock; when: WhenShown }): OutputBelow {
  const { reporter, clock, when } = options;
  const lines = new OutputLines((stream, written) => reporter.printed(stream, written));
  let held: Printed[] = [];
  let size = 0;
  let showing = when === "at once";
  const show = (): void => {
    showing = true;
    for (const printed of held) lines.take(printed, prefixOf(printed, below.jobs));
    held = [];
  };
  const stop = when === "when it takes long" ? clock.after(LONG, show) : () => undefined;
  const below: OutputBelow = {
    jobs: [],
    take(printed) {
      if (showing) lines.take(printed, prefixOf(printed, below.jobs));
      else {
        held.push(printed);
        size += printed.text.length;
        if (size > HELD) show();
      }
    },
    finish() {
      stop();
      lines.flush();
      return showing;
    },
    [Symbol.dispose]: stop,
  };
  return below;
}
