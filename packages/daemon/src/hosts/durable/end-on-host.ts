import { endGroup, type GroupKiller } from "../../ssh/end-group.ts";
import type { HostLink } from "../host-link.ts";
import type { DurableStreams, Followed } from "./streams.ts";

/** What was said when there is nothing to end. */
const NOTHING: readonly Followed["why"][] = ["refused", "ended", "elsewhere"];

/**
 * Ends the command's process group: TERM, grace, KILL.
 * @returns `gone` with the proof that nothing of the group is left; `answered` unless the host could not be asked
 */
export async function endOnHost(
  link: GroupKiller & Pick<HostLink, "connected">,
  {
    streams,
    said,
    graceSeconds,
  }: { streams: Pick<DurableStreams, "group">; said: Promise<Followed>; graceSeconds: number },
): Promise<{ gone: boolean; answered: boolean }> {
  const none = said.then(({ why }) => (NOTHING.includes(why) ? null : 0));
  const group = Promise.race([streams.group, none]);
  let answered = true;
  const asking = <T>(answer: Promise<T>): Promise<T> => {
    answer.catch(() => (answered = false));
    return answer;
  };
  const killer: GroupKiller = {
    signal: (...sent) => asking(link.signal(...sent)),
    alive: (leader) => asking(link.alive(leader)),
    members: (...asked) => asking(link.members(...asked)),
    terminate: (pids) => asking(link.terminate(pids)),
  };
  const gone = await endGroup({ group, killer, graceSeconds });
  return { gone, answered: answered && link.connected };
}
