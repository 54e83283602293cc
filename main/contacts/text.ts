/** Where contacts find the folding of text, which all subjects share. */
export * from '../text'
