// npm: axios-retry@^4 axios@^1
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
import axios from 'axios';
import axiosRetry from 'axios-retry';

const partner = axios.create();
axiosRetry(partner, { retries: 2, retryDelay: axiosRetry.exponentialDelay });

export default async ({ context }) => ({
  used: (await partner.get(`${context.webtask.secrets.SERVICE}/accounts`)).data.plan,
});
