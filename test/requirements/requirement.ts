// One line of what Tutti must do, and how far it is built.

export interface Requirement {
  readonly text: string;
  /** `built`: a test must cite it. `partly`: as far as the note says; a test must cite it. `later`: nothing yet. */
  readonly state: 'built' | 'partly' | 'later';
  readonly note?: string;
}
