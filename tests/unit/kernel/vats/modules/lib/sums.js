import { total } from './total.js';

export const kept = [];
export const sum = () => total(kept);
