import { type ClientIdentity, isOwn, isPerson } from "../workspaces/names.ts";

/**
 * What a list shows unasked: to people everything, to an agent what is its own, so that many agents on one
 * daemon do not read each other's work. With `all`, or a workspace named, it is what was asked for.
 * @returns null = everything
 */
export function ownView(
  { all, workspace }: { all: boolean; workspace?: string | undefined },
  client: ClientIdentity,
): ((workspace: string) => boolean) | null {
  if (all || workspace !== undefined || isPerson(client)) return null;
  return (name) => isOwn(name, client);
}
