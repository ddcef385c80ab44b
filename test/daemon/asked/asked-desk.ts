import { type Desk, openDesk } from "../support/desk.ts";

export const KEY = { key: "k-1" };

/** Workspace `w` with hosts ant and bee. */
export async function open(): Promise<Desk> {
  const desk = openDesk({ hosts: ["ant", "bee", "cat"] });
  await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
  return desk;
}

export const hostsOf = (desk: Desk) => [...(desk.services.workspaces.find("w")?.hosts.keys() ?? [])];

/** A pause that a test ends; `reached` says that somebody is in it. */
export function gate() {
  const entered = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const enter = (): Promise<void> => {
    entered.resolve();
    return open.promise;
  };
  return { enter, reached: entered.promise, open: () => open.resolve() };
}
