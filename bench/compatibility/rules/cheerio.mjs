// npm: cheerio@^1
// kind: text
// gives: "gold"
import * as cheerio from 'cheerio';

export default () => ({ used: cheerio.load('<ul><li>free<li class=now>gold</ul>')('li.now').text() });
