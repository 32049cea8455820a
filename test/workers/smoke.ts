import { startTestNode } from '../support/node.ts';
const node = await startTestNode();
try {
  for (const path of ['/livez','/readyz','/health','/metrics','/rpc/get_head','/rpc/info','/rpc/genesis','/sync_status','/rpc/get_block/0','/rpc/get_block/latest','/rpc/blocks','/rpc/blocks-range','/rpc/mempool','/chains',`/rpc/accounts/${node.accounts[0]?.address}`,'/rpc/messages?address='+node.accounts[0]?.address,'/rpc/transactions','/docs','/openapi.json','/','/nope']) {
    const r = await fetch(node.url + path, { redirect: 'manual' });
    console.log(path, r.status, (await r.text()).slice(0, 300), JSON.stringify(Object.fromEntries(r.headers)).slice(0,200));
  }
  console.log(node.logs.slice(-10));
} finally { await node.stop(); }
