-- A row for each account at a provider, with the columns user_id, provider ('twitter', 'facebook') and subject.
-- exercise 4.6: one query for all ways in
-- stub: SELECT NULL AS user_id, NULL AS provider, NULL AS subject;
SELECT id AS user_id, 'twitter' AS provider, twitter_id AS subject FROM users WHERE twitter_id IS NOT NULL
UNION ALL
SELECT id, 'facebook', facebook_id FROM users WHERE facebook_id IS NOT NULL;
-- end 4.6
