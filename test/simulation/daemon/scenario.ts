import type { Desk } from "../../daemon/support/desk.ts";
import type { Snapshot } from "./snapshot.ts";

/** One operation, in a world that was made ready for it. */
export interface Scenario {
  readonly name: string;
  readonly hosts: readonly string[];
  /** Of hosts that are no SLES. */
  readonly products?: Readonly<Record<string, string>>;
  readonly setup?: (desk: Desk) => Promise<void>;
  /** What may be interrupted anywhere. */
  readonly operate: (desk: Desk) => Promise<unknown>;
  /** What happens in the world afterwards, whichever life the daemon is in. */
  readonly afterwards?: (desk: Desk) => Promise<void> | void;
  /**
   * It ends jobs of others: whether it was heard depends on when the daemon died. So each of them ends, and
   * each desk is, as with the operation or as without it. Ends of jobs that only come of a death are listed.
   */
  readonly open?: Readonly<Record<string, readonly string[]>>;
  /** Any host of the pool will do: the one that is being given back after the death is not asked for again. */
  readonly anyHost?: boolean;
  /** A command that it is there for: without one like it, on some host, nothing was tested. */
  readonly changes?: RegExp;
  /** What is no fault here, as it would be said. */
  readonly allowed?: readonly string[];
  /** Deaths after which the next life is killed at each of its points, too: where a second death once did harm. */
  readonly twice?: (points: readonly string[]) => readonly string[];
  /** What else must not be. */
  readonly never?: (after: Snapshot) => readonly string[];
}

export const ONE = ["ant"];
export const TWO = ["ant", "bee"];
export const RRID = "SUSE:Maintenance:7:70";

/** `w` has the report, and these hosts. */
export const onDesk =
  (...target: string[]) =>
  async (desk: Desk): Promise<void> => {
    desk.template(7);
    await desk.call("load_template", { workspace: "w", auto_review_id: RRID });
    if (target.length > 0) await desk.call("add_host", { workspace: "w", target });
  };

export const slow = (
  name: Parameters<Desk["call"]>[0],
  params: Record<string, unknown> = {},
): Pick<Scenario, "operate"> => ({ operate: (desk) => desk.call(name, { workspace: "w", ...params }) });
