/** Distributions give their users IDs up to here, so that a higher one is nobody on the node. */
export const HIGHEST_OF_NODES = 10000;
