/**
 * What an agent may be allowed beyond its own namespace: taking a host from another workspace, removing
 * anybody's lock, changing what is in other namespaces. Its person says so when the agent's server is started.
 */
export const ALLOWANCES = ["takeover", "unlock_force", "foreign"] as const;

export type Allowance = (typeof ALLOWANCES)[number];
