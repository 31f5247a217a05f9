with student_enrollment as (
    select
        student_id,
        start_date,
        end_date,
        class_id,
        class_basis
    from silver.student_enrollment
),

fact_attendance as (
    select student_id, date from silver.fact_attendance
),

dim_date as (
    select date, is_instructional from silver.dim_date
),

day_policy as (
    select
        valid_from,
        valid_to,
        attendance_recording,
        attendance_roll_evidence,
        calendar_infer
    from reference.day_policy
    where school_id is null
),

instructional as (
    select
        dim_date.date,
        day_policy.attendance_recording,
        day_policy.attendance_roll_evidence,
        day_policy.calendar_infer
    from dim_date
    inner join day_policy
        on dim_date.date >= day_policy.valid_from
        and dim_date.date <= day_policy.valid_to
    where dim_date.is_instructional
),

unmarked as (
    select
        student_enrollment.student_id,
        instructional.date,
        student_enrollment.class_id,
        student_enrollment.class_basis,
        instructional.attendance_recording,
        instructional.attendance_roll_evidence,
        instructional.calendar_infer
    from student_enrollment
    inner join instructional
        on instructional.date >= student_enrollment.start_date
        and instructional.date <= student_enrollment.end_date
    where not exists (
        select 1
        from fact_attendance
        where
            fact_attendance.student_id = student_enrollment.student_id
            and fact_attendance.date = instructional.date
    )
),

-- Asked only where a rule looks at the class.
class_mark as (
    select
        mark.class_id,
        mark.date,
        max(mark.counted_units) > 0 as is_counted
    from silver.fact_attendance as mark
    inner join instructional on instructional.date = mark.date
    where
        mark.in_enrollment
        and (
            instructional.calendar_infer = 'class'
            or (
                instructional.attendance_recording = 'exceptions'
                and instructional.attendance_roll_evidence = 'any_row_in_class'
            )
        )
    group by mark.class_id, mark.date
),

judged as (
    select
        unmarked.student_id,
        unmarked.date,
        unmarked.class_id,
        unmarked.class_basis,
        unmarked.calendar_infer = 'school' or coalesce(class_mark.is_counted, false) as is_instructional,
        unmarked.attendance_recording = 'exceptions'
        and (
            -- A day is instructional because somebody in the school has a row.
            unmarked.attendance_roll_evidence = 'any_row_in_school'
            or (unmarked.attendance_roll_evidence = 'any_row_in_class' and class_mark.class_id is not null)
        ) as is_shown_present
    from unmarked
    left join class_mark on class_mark.class_id = unmarked.class_id and class_mark.date = unmarked.date
),

final as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        true as is_enrolled,
        case when is_shown_present then 'present' else 'not_taken' end as status,
        cast(0 as smallint) as absent_units,
        cast(case when is_shown_present then 100 else 0 end as smallint) as counted_units,
        cast(0 as bigint) as fact_count
    from judged
    where is_instructional
)

select * from final
