with final as (
    select
        raw,
        code
    from (
        values
            ('active', 'active'),
            ('enrolled', 'active'),
            ('current', 'active'),
            ('a', 'active'),
            ('1', 'active'),
            ('true', 'active'),
            ('suspended', 'suspended'),
            ('withdrawn', 'withdrawn'),
            ('inactive', 'withdrawn'),
            ('dropped', 'withdrawn'),
            ('left', 'withdrawn'),
            ('w', 'withdrawn'),
            ('i', 'withdrawn'),
            ('0', 'withdrawn'),
            ('false', 'withdrawn'),
            ('transferred', 'transferred'),
            ('graduated', 'graduated'),
            ('on leave', 'on_leave'),
            ('pending', 'pending'),
            ('no show', 'no_show'),
            ('deleted', 'deleted'),
            ('tobedeleted', 'deleted')
    ) as t (raw, code)
)

select * from final
