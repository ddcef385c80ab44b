import { MtuiError } from "@mtui/core/protocol";

interface WorkspaceView {
  readonly workspace: string;
  readonly rrid: string | null;
}

/**
 * The workspace that `template=RRID` means: the one of this namespace where it is loaded.
 * @param asked the workspace that was named beside it
 * @throws MtuiError `workspace.unknown` with what is loaded where, `params.invalid` where several have it
 */
export function workspaceOf(
  rrid: string,
  {
    views,
    namespace,
    asked,
  }: { views: readonly WorkspaceView[]; namespace: string | null; asked: string | undefined },
): string {
  const own = views.filter(({ workspace }) => namespace === null || workspace.startsWith(`${namespace}/`));
  const having = own.filter((view) => view.rrid === rrid).map(({ workspace }) => plain(workspace, namespace));
  if (asked !== undefined) {
    if (having.includes(plain(asked, namespace))) return asked;
    throw notThere(`${rrid} is not loaded in workspace ${asked}.`, { own, namespace, rrid });
  }
  const [only, ...others] = having;
  if (only === undefined)
    throw notThere(`${rrid} is loaded in none of your workspaces.`, { own, namespace, rrid });
  if (others.length === 0) return only;
  throw new MtuiError("params.invalid", `${rrid} is loaded in several workspaces: ${having.join(", ")}.`, {
    hint: `Say which one: workspace=${only}`,
    data: { workspaces: having },
  });
}

interface Missing {
  readonly own: readonly WorkspaceView[];
  readonly namespace: string | null;
  readonly rrid: string;
}

/** How many of what there is are named. */
const NAMED = 8;

function notThere(message: string, { own, namespace, rrid }: Missing): MtuiError {
  const loaded = own
    .filter((view) => view.rrid !== null)
    .map(({ workspace, rrid: other }) => `${other} (workspace ${plain(workspace, namespace)})`);
  const shown = loaded.slice(0, NAMED).join(", ");
  const more = loaded.length > NAMED ? ` and ${loaded.length - NAMED} more` : "";
  const there = loaded.length === 0 ? "Nothing is loaded." : `Loaded: ${shown}${more}.`;
  return new MtuiError("workspace.unknown", message, {
    hint: `${there} Load it: load_template auto_review_id=${rrid} workspace=NAME`,
    data: { template: rrid },
  });
}

/** As the agent names it. */
function plain(workspace: string, namespace: string | null): string {
  return namespace !== null && workspace.startsWith(`${namespace}/`)
    ? workspace.slice(namespace.length + 1)
    : workspace;
}
