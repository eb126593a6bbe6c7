/** Property keys an event of the taxonomy must carry; null and the empty string count as missing. */
export interface TaxonomyRow {
  readonly required?: readonly string[];
  /** Required only if the property named on the left is there. */
  readonly requiredWith?: Readonly<Record<string, readonly string[]>>;
}

/**
 * What is enforced per event name; every other name is free. The vendor's pages ask for more on some rows (`user_id` on
 * `user_created`), yet the API reference allows anonymous events everywhere: see flokit.md, "Taxonomy".
 */
export const FLOKIT_TAXONOMY: Readonly<Record<string, TaxonomyRow>> = {
  install_attributed: { required: ['campaign_id', 'channel'] },
  paywall_viewed: { required: ['paywall_id'] },
  subscription_started: { required: ['currency'] },
  renewal_completed: { requiredWith: { revenue: ['currency'] } },
  refund_issued: { requiredWith: { revenue: ['currency'] } },
};
