-- The rows of one opened case, statement by statement: what `banshi` writes in one.
\set number random(100000000000, 999999999999)
\set key random(1, 1000000000000000)
begin;
insert into kernel.idempotency (actor, key, fingerprint, number, created)
values ('pgbench', :key::text, sha256('x'), :number::text, current_timestamp)
on conflict (actor, key) do update set key = excluded.key;
insert into kernel."case" (number, district_id, type_id, title, category, state, department_id, channel, received, changed, data, revision, sequence, digest, key_id)
values (:number::text, :district, :type, '路灯黑了三天了', 'street_lighting', 'new', :department, 'api', current_timestamp, current_timestamp,
        '{"kind": "help", "category": "street_lighting", "text": "路灯黑了三天了。老人晚上不敢下楼。", "area": "", "place": "12 号门口", "contact_name": "sealed:0a1b2c3d.bGl0dGxlIGhhcyB0byBiZSBhcyBsb25nIGFzIGl0IGlz", "contact_telephone": "sealed:0a1b2c3d.bGl0dGxlIGhhcyB0byBiZSBhcyBsb25nIGFzIGl0IGlzbGl0"}',
        1, 1, sha256('digest'), '0a1b2c3d')
returning id \gset
insert into kernel.case_event (case_id, sequence, kind, capacity, actor_id, post_id, department_id, at, recorded, audience, state, salt, body, content, digest, key_id)
values (:id, 1, 'opened', 'staff', 1, 1, 1, current_timestamp, current_timestamp, 'applicant', 'new', substring(sha256('salt') for 16),
        '{"title": "路灯黑了三天了", "channel": "api", "department": 2}', sha256('content'), sha256('digest'), '0a1b2c3d');
insert into kernel.personal_index (kind, digest, case_id) values ('telephone', sha256('100 0000 1234'), :id);
commit;
