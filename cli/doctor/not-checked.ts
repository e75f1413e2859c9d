/** What a check needs is not there; another check says so if that is wrong. */
export class NotChecked extends Error {}
