import { word } from '../main.js';

export const total = numbers => `${word} ${numbers.reduce((a, b) => a + b, 0)}`;
