import { nearest } from "@mtui/core/config";
import { isNamed, printable, type RefHost } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HostConnector } from "../hosts/index.ts";

/** What a person said of hosts, as typed. */
export interface HostWishes {
  readonly prefer: readonly string[];
  readonly exclude: readonly string[];
}

/** The same in names of the inventory. */
export interface HostChoice {
  readonly prefer: readonly string[];
  readonly exclude: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

type Resolver = Pick<HostConnector, "resolve">;

/**
 * Finds the inventory's hosts behind typed names: by the name as it is listed, without its port, or as
 * another name of the same machine (ssh_config says which those are).
 * @param scope.rows the hosts in question; those beyond are only looked at by name
 * @throws MtuiError params.invalid when one machine is preferred and excluded
 */
export async function chooseHosts(
  wishes: HostWishes,
  scope: { rows: readonly RefHost[]; inventory: readonly RefHost[]; connector: Resolver },
): Promise<HostChoice> {
  const typed = [...new Set([...wishes.prefer, ...wishes.exclude])];
  if (typed.length === 0) return { prefer: [], exclude: new Set(), warnings: [] };
  const { rows, inventory, connector } = scope;
  const keys = await keysOf([...typed, ...rows.map(({ name }) => name)], connector);
  const same = (a: string, b: string): boolean => keys.has(a) && keys.get(a) === keys.get(b);
  const meant = new Map(
    typed.map((name) => [name, rows.filter((row) => isNamed(row, name) || same(row.name, name))]),
  );
  const namesOf = (names: readonly string[]): string[] => [
    ...new Set(names.flatMap((name) => meant.get(name) ?? []).map(({ name }) => name)),
  ];
  const exclude = new Set(namesOf(wishes.exclude));
  for (const name of wishes.prefer) {
    const other = wishes.exclude.find(
      (each) =>
        each === name || same(each, name) || meant.get(name)?.some((row) => meant.get(each)?.includes(row)),
    );
    if (other !== undefined) throw contradiction(name, other);
  }
  const inVain = (flag: string, name: string): string[] => {
    if ((meant.get(name)?.length ?? 0) > 0) return [];
    const shown = `${flag} ${printable(name)}`;
    // `key` is `host:port` of the machine behind an alias.
    const known = inventory.some((row) => isNamed(row, name) || isNamed(row, hostOfKey(keys.get(name))));
    if (known)
      return flag === "--exclude" ? [] : [`${shown}: it satisfies none of the test targets; ignored`];
    const near = nearest(
      name,
      inventory.map((row) => row.name),
    );
    return [
      `${shown}: the inventory does not list it${near === null ? "" : `; did you mean ${near}?`}; ignored`,
    ];
  };
  return {
    prefer: namesOf(wishes.prefer),
    exclude,
    warnings: [
      ...wishes.prefer.flatMap((name) => inVain("--prefer", name)),
      ...wishes.exclude.flatMap((name) => inVain("--exclude", name)),
    ],
  };
}

/**
 * Before anything starts: one machine cannot be wanted first and not at all.
 * @throws MtuiError params.invalid
 */
export async function assertConsistent(wishes: HostWishes, connector: Resolver): Promise<void> {
  if (wishes.prefer.length === 0 || wishes.exclude.length === 0) return;
  await chooseHosts(wishes, { rows: [], inventory: [], connector });
}

/** Keys of the machines; a name that ssh_config cannot make sense of has none. */
async function keysOf(names: readonly string[], connector: Resolver): Promise<Map<string, string>> {
  const each = [...new Set(names)];
  const ends = await Promise.allSettled(each.map((name) => connector.resolve(name)));
  return new Map(
    each.flatMap((name, index) => {
      const end = ends[index];
      return end?.status === "fulfilled" ? [[name, end.value.key] as const] : [];
    }),
  );
}

function hostOfKey(key: string | undefined): string {
  return key?.replace(/:\d+$/, "") ?? "";
}

function contradiction(preferred: string, excluded: string): MtuiError {
  const [a, b] = [printable(preferred), printable(excluded)];
  const which = a === b ? a : `${a} and ${b} are the same machine, which`;
  return new MtuiError("params.invalid", `${which} is preferred and excluded.`, {
    hint: "Name it with --prefer or with --exclude, not with both.",
    data: { prefer: preferred, exclude: excluded },
  });
}
