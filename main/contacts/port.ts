/** What contacts give to the subjects that bring them from elsewhere: how fields are cleaned, numbers read, and search kept right. */
export { type CleanPhone, cleanEmails, cleanLabels, cleanPhones, joined, most } from './contact-writer'
export { type ContactForm, readEdited, rebased } from './edited'
export { partsOf } from './numbers'
export { SearchTables } from './search-tables'
