/** @module Which copies of the ledger to ask, and in what order. Pure. */

/** Where a reader is: what the platform says of a request (`request.cf`), or the node's own NODE_REGION. */
export interface Place {
  /** IATA code of the data center, such as FRA. */
  readonly colo?: string;
  /** ISO 3166 country, such as DE. */
  readonly country?: string;
  /** EU, NA, SA, AS, OC, AF or AN. */
  readonly continent?: string;
  /** The operator's own name of the place, as in DATABASE_REPLICAS. */
  readonly region?: string;
}

/** A copy of the ledger. */
export type LedgerTarget =
  | { readonly kind: 'primary'; readonly url: string }
  | { readonly kind: 'replica'; readonly url: string; readonly region: string };

/** What is known of a target when the choice is made. */
export interface TargetState {
  /** True: it failed lately. */
  readonly down: boolean;
  /** A height it had a moment ago, if that is still worth something. */
  readonly height?: number;
}

/**
 * Region names in use for a continent: Cloudflare's location hints, and the first word of what clouds call
 * theirs.
 */
const CONTINENT_OF_NAME: Readonly<Record<string, string>> = {
  weur: 'EU',
  eeur: 'EU',
  eu: 'EU',
  europe: 'EU',
  wnam: 'NA',
  enam: 'NA',
  na: 'NA',
  us: 'NA',
  ca: 'NA',
  northamerica: 'NA',
  sam: 'SA',
  sa: 'SA',
  southamerica: 'SA',
  apac: 'AS',
  ap: 'AS',
  as: 'AS',
  asia: 'AS',
  me: 'AS',
  oc: 'OC',
  au: 'OC',
  australia: 'OC',
  afr: 'AF',
  af: 'AF',
  africa: 'AF',
};

/**
 * How near a region is to a place: 0 = the same, then data center, country, continent; null = elsewhere or
 * unknown.
 */
export function nearness(region: string, place: Place): number | null {
  const name = region.toLowerCase();
  if (name === place.region?.toLowerCase()) return 0;
  if (name === place.colo?.toLowerCase()) return 1;
  if (name === place.country?.toLowerCase()) return 2;
  const continent = continentOf(name);
  if (continent === undefined) return null;
  const here = place.continent?.toUpperCase() ?? continentOf(place.region?.toLowerCase() ?? '');
  return continent === here ? 3 : null;
}

function continentOf(region: string): string | undefined {
  return CONTINENT_OF_NAME[region] ?? CONTINENT_OF_NAME[region.split('-')[0] ?? ''];
}

/**
 * The targets to ask, in order: near replicas, the primary, and last the replicas elsewhere, which only
 * answer when the primary does not. Targets that are down and replicas known to be too low are left out; if
 * none is left, the primary is asked all the same.
 */
export function chooseTargets(
  targets: readonly LedgerTarget[],
  place: Place,
  minHeight: number,
  stateOf: (target: LedgerTarget) => TargetState,
): LedgerTarget[] {
  const rank = (target: LedgerTarget) =>
    target.kind === 'primary' ? 4 : (nearness(target.region, place) ?? 5);
  const ordered = targets.map((target, index) => ({ target, index, rank: rank(target) }));
  ordered.sort((a, b) => a.rank - b.rank || a.index - b.index);
  const usable = ordered.filter(({ target }) => {
    const { down, height } = stateOf(target);
    return !down && (target.kind === 'primary' || height === undefined || height >= minHeight);
  });
  const chosen = usable.length > 0 ? usable : ordered.filter(({ target }) => target.kind === 'primary');
  return chosen.map(({ target }) => target);
}
