/** What the engine of the bench lists, and what the workers of the peers give back. */
export const DATABASES = ['crm', 'payroll', 'shop']
/** In the answer that a caller of ours reads. */
export const EXPECTED = '"payroll"'
