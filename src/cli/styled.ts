/** Looks that a terminal may give to a piece of text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A piece of output. A terminal cleans all text of it; nobody else writes escape codes. */
export interface Styled {
  text: string;
  style?: Style | undefined;
  /** Where the text leads to; shown only on a terminal. */
  href?: string | undefined;
}

export type Piece = string | Styled;

export const bold = (text: string): Styled => ({ text, style: 'bold' });
export const dim = (text: string): Styled => ({ text, style: 'dim' });
export const red = (text: string): Styled => ({ text, style: 'red' });
export const green = (text: string): Styled => ({ text, style: 'green' });
export const yellow = (text: string): Styled => ({ text, style: 'yellow' });
export const cyan = (text: string): Styled => ({ text, style: 'cyan' });
