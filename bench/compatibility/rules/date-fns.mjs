// npm: date-fns@^4
// kind: dates
// gives: "28. Februar 2026"
import { addMonths, format } from 'date-fns';
import { de } from 'date-fns/locale';

export default () => ({ used: format(addMonths(new Date(2026, 0, 31), 1), 'd. MMMM yyyy', { locale: de }) });
